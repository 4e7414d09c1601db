"""A sink prepares the next group while one is being delivered, and delivers them in order."""

import asyncio
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
from thongsuot_collector.app.components import open_components
from thongsuot_collector.app.housekeeping import ReadsAhead
from thongsuot_collector.config.read import parse_configuration
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.sinks.delivery.progress import progress_of
from thongsuot_schema.inventory.model import Inventory

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


async def test_what_is_being_delivered_is_not_lost_when_a_full_journal_removes_it(
    tmp_path: Path,
) -> None:
    file, count = tmp_path / "delivered", 4 * GROUP
    await fill_journal(tmp_path, count)
    text = f'state_dir = "{tmp_path}"\n[journal]\nmax_bytes = 1\n{table(file)}'
    configuration = parse_configuration(text, file="test.toml", folder=tmp_path)
    async with open_components(configuration, InventoryDirectory(Inventory())) as made:
        sink = made.sinks["database"]
        assert isinstance(sink, ReadsAhead)
        await made.states.load()
        tasks = [asyncio.create_task(made.states.run()), asyncio.create_task(sink.run())]
        try:
            await eventually(lambda: sink.has_taken(2 * GROUP, SITE))
            await made.housekeeping.trim()
            assert (await made.journal.extent()).tail == 0, "all of it is gone"
            file.touch()

            async def is_committed() -> bool:
                return (await made.journal.cursor("database")).sequence == count

            await eventually(is_committed)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        assert numbers_in(file) == [*range(1, 2 * GROUP + 1)]
        cursor = await made.journal.cursor("database")
        assert (cursor.delivered, cursor.lost) == (2 * GROUP, count - 2 * GROUP)
        progress = progress_of("database", cursor, made.journal.head)
        assert (progress.skipped, progress.behind) == (0, 0)
