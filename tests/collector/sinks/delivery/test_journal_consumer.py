"""A sink prepares the next group while one is being delivered, and delivers them in order."""

import time
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.collector.batches import BatchSealer, S, usual_results
from tests.collector.running import Pusher, collector, eventually, token
from tests.collector.sinks import file_kind
from tests.collector.sinks.file_kind.held_file.sink import ENCODED, GROUP
from thongsuot_collector import sinks

NOW = 5_000 * S
SITE = "ben-nghe"


@pytest.fixture(autouse=True)
def kinds_of_tests(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sinks, "__path__", [*sinks.__path__, *file_kind.__path__])


def table(file: Path) -> str:
    return f'[[sinks]]\nkind = "held_file"\nname = "database"\npath = "{file}"\n'


def numbers_in(file: Path) -> list[int]:
    return [int(line) for line in file.read_text().split()] if file.exists() else []


async def is_encoded(file: Path, count: int) -> bool:
    return len(numbers_in(file.with_suffix(ENCODED))) >= count


async def is_delivered(client: httpx.AsyncClient, file: Path, count: int) -> bool:
    lag = 'consumer_lag_entries{consumer="database"} 0.0'
    return lag in (await client.get("/metrics")).text and len(numbers_in(file)) >= count


async def fill_journal(state_dir: Path, count: int) -> None:
    """Push batches to a collector that has no sink yet."""
    agent = BatchSealer(SITE, epoch_ns=time.time_ns() - NOW - 60 * S)
    async with collector(state_dir) as client:
        pusher = Pusher(client, agent, token(state_dir, SITE))
        for place in range(count):
            batch = agent.batch(NOW + place * S, usual_results(NOW + (place - 15) * S))
            assert (await pusher.batch(batch)).status_code == 200


async def test_the_next_group_is_ready_when_a_receiver_has_taken_one(tmp_path: Path) -> None:
    file, count = tmp_path / "delivered", 4 * GROUP
    await fill_journal(tmp_path, count)
    async with collector(tmp_path, config=table(file)) as client:
        await eventually(partial(is_encoded, file, 2 * GROUP))
        assert len(numbers_in(file.with_suffix(ENCODED))) == 2 * GROUP, "no more than one"
        assert not file.exists()
        file.touch()
        await eventually(partial(is_delivered, client, file, count))
    assert numbers_in(file) == [*range(1, count + 1)], "each once, in order"


async def test_a_prepared_group_that_was_not_delivered_is_delivered_after_a_restart(
    tmp_path: Path,
) -> None:
    file, count = tmp_path / "delivered", 4 * GROUP
    await fill_journal(tmp_path, count)
    async with collector(tmp_path, config=table(file)):
        await eventually(partial(is_encoded, file, 2 * GROUP))
    assert not file.exists()
    file.touch()
    async with collector(tmp_path, config=table(file)) as client:
        await eventually(partial(is_delivered, client, file, count))
    assert numbers_in(file) == [*range(1, count + 1)], "each once, in order"
