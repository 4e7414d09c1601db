"""A sink prepares the next group while one is being delivered, and delivers them in order."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.collector.batches import BatchSealer, S, usual_results
from tests.collector.journal.journal_contract import entry
from tests.collector.running import Pusher, collector, eventually, token
from tests.collector.sinks import file_kind
from tests.collector.sinks.file_kind.held_file.sink import ENCODED, GROUP
from thongsuot_collector import sinks
from thongsuot_collector.app.components import open_components
from thongsuot_collector.app.housekeeping import ReadsAhead
from thongsuot_collector.config.read import parse_configuration
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.journal.journal import Journal
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


@pytest.mark.parametrize("is_killed", [False, True])
async def test_what_is_being_delivered_is_not_lost_when_a_full_journal_removes_it(
    tmp_path: Path, *, is_killed: bool
) -> None:
    """If the delivery never ends, the account has it as skipped."""
    file, count = tmp_path / "delivered", 4 * GROUP
    await fill_journal(tmp_path, count)
    text = f'state_dir = "{tmp_path}"\n[journal]\nmax_bytes = 1\n{table(file)}'
    configuration = parse_configuration(text, file="test.toml", folder=tmp_path)
    async with open_components(configuration, InventoryDirectory(Inventory())) as made:
        sink, journal = made.sinks["database"], made.journal
        assert isinstance(sink, ReadsAhead)
        await journal.commit("database", 0, begun=0)
        await made.states.load()
        async with running(made.states.run(), sink.run()):
            await eventually(lambda: sink.has_taken(2 * GROUP, SITE))
            await made.housekeeping.trim()
            assert (await journal.extent()).tail == 0, "all of it is gone"
            if not is_killed:
                file.touch()
                await eventually(partial(is_committed, journal, count))
        file.touch()
        await journal.append(entry(1, site="hoan-kiem"))
        async with running(made.states.run(), sink.run()):
            await eventually(partial(is_committed, journal, count + 1))
        delivered = 0 if is_killed else 2 * GROUP
        assert numbers_in(file) == [*range(1, delivered + 1)]
        progress = progress_of("database", await journal.cursor("database"), journal.head)
        assert (progress.delivered, progress.dead_letters, progress.behind) == (delivered, 1, 0)
        assert (progress.lost, progress.skipped) == (count - 2 * GROUP, 2 * GROUP - delivered)


async def is_committed(journal: Journal, sequence: int) -> bool:
    return (await journal.cursor("database")).sequence == sequence


@asynccontextmanager
async def running(*works: Coroutine[object, object, object]) -> AsyncIterator[None]:
    """Run some work beside the block; it ends with it."""
    tasks = [asyncio.create_task(work) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
