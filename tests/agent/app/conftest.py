"""A folder that the agent of a lab may use."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder for the agent; pytest's own are closed to ordinary users."""
    with tempfile.TemporaryDirectory(prefix="thongsuot-agent-") as name:
        path = Path(name)
        path.chmod(0o755)
        yield path
