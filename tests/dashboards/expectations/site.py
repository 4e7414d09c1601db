"""The site whose fibre is cut in the recording."""

from tests.dashboards.board_expectations import BoardExpectation

EXPECTATION = BoardExpectation(
    chosen={"commune": "00070", "site": "s1"},
    may_be_empty={"Open incidents": "nothing goes on; see `test_open_incidents.py`"},
)
