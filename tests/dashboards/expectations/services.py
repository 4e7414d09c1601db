"""What the recording has nothing to show for."""

from tests.dashboards.board_expectations import BoardExpectation

EXPECTATION = BoardExpectation(
    may_be_empty={"Open incidents": "nothing goes on; see `test_open_incidents.py`"}
)
