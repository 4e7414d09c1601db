"""Cyclic garbage is collected in short turns."""

import asyncio
import gc
import weakref
from collections.abc import Iterator

import pytest

from tests.collector.running import eventually
from thongsuot_collector.app import garbage


class Ring:
    """An object that refers to itself."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def gc_restored() -> Iterator[None]:
    """Leave the settings of this process as they were."""
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)
    gc.unfreeze()
    gc.enable()


@pytest.mark.usefixtures("gc_restored")
async def test_what_is_young_is_collected_without_many_others() -> None:
    gc.disable()
    collecting = asyncio.create_task(garbage.collect_young(0.0))
    try:
        young = weakref.ref(Ring())
        assert young() is not None
        await eventually(lambda: young() is None)
    finally:
        collecting.cancel()


@pytest.mark.usefixtures("gc_restored")
def test_what_has_survived_is_looked_at_rarely_and_what_was_there_never() -> None:
    old = Ring()
    garbage.limit_turns()
    assert gc.get_freeze_count() > 0
    assert all(ring is not old for ring in gc.get_objects())
    # The youngest are collected each second; others for every 600 times of that.
    assert gc.get_threshold()[1] >= 600
