"""One city for all tests of faults, whole before and after each of them."""

from collections.abc import Iterator

import pytest

from thongsuot_lab.lab import Lab
from thongsuot_lab.topology.city import city


@pytest.fixture(scope="package")
def lab() -> Iterator[Lab]:
    with Lab(city(2)) as lab:
        yield lab


@pytest.fixture(autouse=True)
def healed(lab: Lab) -> Iterator[None]:
    yield
    lab.heal()
    assert lab.active_faults() == []
