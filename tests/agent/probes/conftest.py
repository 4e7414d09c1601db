from collections.abc import Iterator

import pytest

from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import two_uplinks


@pytest.fixture
def lab() -> Iterator[Lab]:
    """A device with two uplinks, for one test that breaks something."""
    with two_uplinks() as running:
        yield running
