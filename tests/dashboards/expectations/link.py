"""The fibre of s1, which is cut in the recording."""

from tests.dashboards.board_expectations import BoardExpectation

EXPECTATION = BoardExpectation(
    chosen={"commune": "00070", "site": "s1", "link": "fixed"},
    may_be_empty={
        "Signal (RSRP)": "the link that is shown is a fibre",
        "Mobile technology": "the link that is shown is a fibre",
        "Open incidents": "nothing goes on; see `test_open_incidents.py`",
    },
)
