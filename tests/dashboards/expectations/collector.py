"""A collector in which nothing goes wrong, and which tells nobody."""

from tests.dashboards.board_expectations import BoardExpectation

EXPECTATION = BoardExpectation(
    may_be_empty={
        "Notifications: by channel and outcome": "the collector of the test has no channels",
        "Samples not delivered": "every sample was delivered",
        "Lost or dead letters": "no batch became a dead letter",
        "Restarts of tasks": "no task failed",
        "Certificate (days)": "the collector of the test speaks without TLS",
    }
)
