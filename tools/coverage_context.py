"""
A plugin of pytest for ``tools.module_coverage``: keeps apart what each test file executes.

Coverage is told the file of every test as its context. Processes that a test starts measure
themselves (coverage.py's start-up hook reads ``COVERAGE_PROCESS_START``) and take the file from
the environment, so a worker or a whole agent counts for the test that started it.
"""

import os
from collections.abc import Generator

import coverage
import pytest

SETTINGS = "THONGSUOT_COVERAGE_SETTINGS"
"""The file of settings that the processes of tests measure themselves by."""

TEST_FILE = "THONGSUOT_TEST_FILE"
"""Names the test file to those processes, whose settings take it as their context."""


def pytest_configure() -> None:
    """Have processes started from here on measure themselves; this one is measured already."""
    os.environ["COVERAGE_PROCESS_START"] = os.environ[SETTINGS]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Count what runs from here on, fixtures included, for the file of this test."""
    file = item.nodeid.partition("::")[0]
    measurement = coverage.Coverage.current()
    assert measurement is not None, "this plugin is for `coverage run -m pytest`"
    if os.environ.get(TEST_FILE) != file:
        os.environ[TEST_FILE] = file
        measurement.switch_context(file)
    return (yield)
