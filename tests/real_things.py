"""
Finds the tests of real things without reading the others: ``-p tests.real_things``.

Of eight hundred files one in six has a test of network namespaces, servers or Chromium. To import
all of them and leave most tests out took 18 s of CPU for the collector's servers and 15 s for the
agent's packets (2026-12). ``tests.policy`` refuses a test with such a mark whose file does not show
it, wherever all files are read.
"""

import re
from functools import cache
from pathlib import Path

REAL_THINGS = ("lab", "servers", "browser")
"""The marks of tests that need more than Python."""

# A fixture of the collector's tests brings the mark of servers with one of its parameters.
_SHOWS_MARK = re.compile(rf"\bmark\.(?:{'|'.join(REAL_THINGS)})\b|\bopen_each_store\b")


@cache
def shows_real_things(file: Path) -> bool:
    """Return whether the text of a file of tests shows one of the marks."""
    return _SHOWS_MARK.search(file.read_text("utf-8")) is not None


def pytest_ignore_collect(collection_path: Path) -> bool | None:
    """Leave out files of tests that show none of the marks; has no opinion on the others."""
    is_file_of_tests = collection_path.name.startswith("test_") and collection_path.is_file()
    return True if is_file_of_tests and not shows_real_things(collection_path) else None
