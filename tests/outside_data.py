"""
What others wrote and the repository may not hold: recorded devices, published schemas.

``THONGSUOT_DATA`` names a folder that has them; without it the tests that compare with them skip,
in CI too. What they prove beyond the tests of our own files is said in CONTRIBUTING.
"""

import os
from pathlib import Path

import pytest

VARIABLE = "THONGSUOT_DATA"


def outside_folder(name: str) -> Path:
    """Return a folder of what ``THONGSUOT_DATA`` names; it may not be there."""
    return Path(os.environ.get(VARIABLE) or "/nonexistent") / name


def need_file(file: Path) -> None:
    """Skip the test where no outside data are named; fail where a named folder lacks a file."""
    if not os.environ.get(VARIABLE):
        pytest.skip(f"{VARIABLE} names no folder: others' files are no part of the repository")
    assert file.exists(), f"{VARIABLE} is set, and {file} is not there"
