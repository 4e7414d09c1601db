"""
A plugin of pytest for ``tools.module_coverage``: records separately what each test file executes.

Coverage gets the file of every test as its context. Processes started by a test measure themselves
(coverage.py's start-up hook reads ``COVERAGE_PROCESS_START``) and take the context from the
environment, so a worker or a whole agent counts for the test that started it.
"""

import os
from collections.abc import Generator

import coverage
import pytest

SETTINGS = "THONGSUOT_COVERAGE_SETTINGS"
"""The file with the settings for measuring processes that tests start."""

TEST_FILE = "THONGSUOT_TEST_FILE"
"""Tells those processes the test file; their settings use it as the context."""


def pytest_configure() -> None:
    """Let processes started from here on measure themselves; this one is measured already."""
    os.environ["COVERAGE_PROCESS_START"] = os.environ[SETTINGS]


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Attribute what runs from here on, fixtures included, to the file of this test."""
    file = item.nodeid.partition("::")[0]
    measurement = coverage.Coverage.current()
    assert measurement is not None, "this plugin is for `coverage run -m pytest`"
    if os.environ.get(TEST_FILE) != file:
        os.environ[TEST_FILE] = file
        measurement.switch_context(file)
    return (yield)
