"""The site whose 5G fades in the recording."""

from tests.dashboards.board_expectations import BoardExpectation

_ONE_TECHNOLOGY = "every modem of the lab is in 5G beside LTE"

EXPECTATION = BoardExpectation(
    chosen={"site": "s4"},
    may_be_empty={
        f"Technology now: {name}": _ONE_TECHNOLOGY for name in ("2G", "3G", "4G", "5G SA")
    },
)
