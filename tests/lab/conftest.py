"""What tests of the whole product on real packets share."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that an ordinary user can reach: pytest's own are for their owner alone."""
    folder = Path(tempfile.mkdtemp(prefix="thongsuot-test-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
