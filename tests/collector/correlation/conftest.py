"""The world in which the consumer of incidents is tried."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.collector.correlation.consumer_world import World


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    await made.consumer.load()
    yield made
    await made.journal.close()
    made.store.dispose()
