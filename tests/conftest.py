"""What every room's tests may use."""

pytest_plugins = [
    "tests.open_connections",
    "tests.policy",
    "tests.postgres",
    "tests.servers",
    "tests.victoria",
]
