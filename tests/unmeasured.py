"""Processes of which a test looks at the modules that they load: coverage.py would add its own."""

import os


def unmeasured() -> dict[str, str]:
    """Return the environment, without what has a process measure itself (``./run coverage``)."""
    return {name: os.environ[name] for name in os.environ if name != "COVERAGE_PROCESS_START"}
