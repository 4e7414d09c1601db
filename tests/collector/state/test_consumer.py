"""What the consumer of states knew before a crash it knows after; a dead letter stops nothing."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Connection, Engine, event

from tests.collector.batches import BatchSealer, S, change, icmp_result
from tests.collector.journal.readers import readers
from thongsuot_collector.journal.dead_letters import DeadLetterQueue
from thongsuot_collector.journal.entry import ClockQuality, JournalEntry
from thongsuot_collector.journal.layout_cache import LayoutCache
from thongsuot_collector.journal.reader import BatchReader
from thongsuot_collector.journal.sqlite import SqliteJournal, open_journal
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.state.consumer import StateConsumer
from thongsuot_collector.store import dead_letters
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.store.site_tables import LINE_ROLLUPS
from thongsuot_schema.batch.columns import decode_columns
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.limits import DEFAULT_LIMITS as LIMITS
from thongsuot_schema.batch.model import Batch
from thongsuot_schema.state import State

EPOCH = 1_795_540_000 * S


class StateFixture:
    """A journal, a store and a consumer on them; ``crash`` leaves only what is on the disk."""

    def __init__(self, folder: Path, store: Engine | None = None) -> None:
        self._folder = folder
        self.journal = open_journal(folder / "journal.sqlite", committed=lambda _jobs, _s: None)
        self.store = store or open_store(folder / "store.sqlite")
        self.metrics = Metrics()
        self.layouts = LayoutCache(self.journal, LIMITS)
        self.consumer = self._consumer(self.journal)

    def _consumer(self, journal: SqliteJournal) -> StateConsumer:
        consumer = StateConsumer(
            journal,
            BatchReader(LayoutCache(journal, LIMITS), LIMITS),
            store=self.store,
            dead_letters=DeadLetterQueue(self.store, self.metrics),
            metrics=self.metrics,
        )
        consumer.keep_rollups(lambda: {"hop"})
        return consumer

    async def push(self, agent: BatchSealer, batch: Batch) -> None:
        body, layout = agent.sealed(batch)
        await self.layouts.store(layout, received_ns=EPOCH)
        columns = decode_columns(body, self.layouts.cached)
        await self.append(agent, batch.number, body, columns.header.layout, batch)

    async def append(
        self,
        agent: BatchSealer,
        number: int,
        body: bytes,
        layout: bytes,
        batch: Batch | None = None,
    ) -> None:
        sealed_ns = batch.clock.boottime_ns if batch else 0
        await self.journal.append(
            JournalEntry(
                site=agent.site,
                stream=agent.stream,
                number=number,
                digest=digest_of(body),
                layout=layout,
                received_ns=agent.epoch_ns + sealed_ns + S,
                epoch_ns=agent.epoch_ns,
                clock=ClockQuality.TRUSTED,
                body=body,
            )
        )

    async def crash(self) -> None:
        await self.journal.close()
        self.journal = open_journal(
            self._folder / "journal.sqlite", committed=lambda _jobs, _s: None
        )
        self.layouts = LayoutCache(self.journal, LIMITS)
        self.consumer = self._consumer(self.journal)
        await self.consumer.load()

    async def close(self) -> None:
        await self.journal.close()
        self.store.dispose()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[StateFixture]:
    made = StateFixture(tmp_path)
    yield made
    await made.close()


def batch(agent: BatchSealer, sealed: int) -> Batch:
    state = State.UP if sealed % 2 else State.DOWN
    return agent.batch(
        sealed * S, [icmp_result((sealed - 5) * S)], changes=[change((sealed - 1) * S, state)]
    )


async def test_states_after_a_crash_are_what_they_would_have_been_without(
    world: StateFixture,
) -> None:
    agents = [
        BatchSealer(f"site-{n}", epoch_ns=EPOCH + n * S, stream=f"{n:016x}") for n in range(3)
    ]
    await world.consumer.load()
    for place in range(12):
        for agent in agents:
            await world.push(agent, batch(agent, 1000 + 15 * place))
        await world.consumer.catch_up()
        if place == 5:
            await world.consumer.snapshot()
    before = msgspec.msgpack.encode(dict(sorted(world.consumer.sites.items())))
    await world.crash()
    assert world.consumer.lag == 18
    await world.consumer.catch_up()
    assert world.consumer.lag == 0
    after = msgspec.msgpack.encode(dict(sorted(world.consumer.sites.items())))
    assert after == before


async def test_entries_appended_during_a_read_are_not_skipped(
    world: StateFixture,
) -> None:
    agent = BatchSealer("hoan-kiem", epoch_ns=EPOCH)
    await world.consumer.load()
    numbers = []
    for place in range(0, 120, 2):
        # One that is trimmed before it was read: the next read asks the disk, and finds nothing.
        await world.push(agent, batch(agent, 1000 + 15 * place))
        await world.journal.trim(readers(), received_before_ns=1 << 62, max_bytes=1 << 40)
        # And one that may be appended before that read has ended.
        pushing = asyncio.create_task(world.push(agent, batch(agent, 1015 + 15 * place)))
        await asyncio.sleep(place / 120 * 0.002)
        await world.consumer.catch_up()
        await pushing
        await world.consumer.catch_up()
        numbers.append(place + 2)
    held = world.consumer.sites["hoan-kiem"].streams[agent.stream].verdicts.held
    assert held == tuple((number, number) for number in numbers)


async def test_a_journal_that_was_started_again_is_read_from_its_beginning(
    world: StateFixture, tmp_path: Path
) -> None:
    agent = BatchSealer("hoan-kiem", epoch_ns=EPOCH)
    await world.consumer.load()
    for sealed in (1000, 1015, 1030):
        await world.push(agent, batch(agent, sealed))
    await world.consumer.catch_up()
    await world.consumer.snapshot()
    await world.journal.close()
    for part in list(tmp_path.glob("journal.sqlite*")):  # noqa: ASYNC240
        part.unlink()
    await world.crash()
    await world.push(agent, batch(agent, 1045))
    await world.consumer.catch_up()
    state = world.consumer.sites["hoan-kiem"]
    assert state.streams[agent.stream].verdicts.held == ((1, 4),)


async def test_a_poisoned_entry_is_set_aside_counted_and_the_queue_continues(
    world: StateFixture,
) -> None:
    agent = BatchSealer("hoan-kiem", epoch_ns=EPOCH)
    await world.consumer.load()
    await world.push(agent, batch(agent, 1000))
    await world.append(agent, 77, b"what is this", b"")
    impostor = BatchSealer("ba-dinh", epoch_ns=EPOCH)
    body, _ = impostor.sealed(impostor.batch(1000 * S))
    await world.append(agent, 78, body, b"")
    await world.push(agent, batch(agent, 1015))
    await world.consumer.catch_up()
    assert world.consumer.sites["hoan-kiem"].streams[agent.stream].verdicts.held == ((1, 2),)
    assert "ba-dinh" not in world.consumer.sites
    first, second = dead_letters.listed(world.store)
    assert (first.consumer, first.number, second.number) == ("state", 77, 78)
    assert "zstd" in first.error
    assert "ba-dinh" in second.error
    kept = dead_letters.get(world.store, first.id)
    assert kept is not None
    assert kept.body == b"what is this"
    # Read again after a crash, it is set aside once.
    await world.crash()
    await world.consumer.catch_up()
    assert len(dead_letters.listed(world.store)) == 2


async def reporting_agents(world: StateFixture, count: int) -> list[BatchSealer]:
    """Return the agents of some sites, each of which has pushed a batch that is applied."""
    agents = [BatchSealer(f"site-{n}", epoch_ns=EPOCH, stream=f"{n:016x}") for n in range(count)]
    await world.consumer.load()
    for agent in agents:
        await world.push(agent, batch(agent, 1000))
    await world.consumer.catch_up()
    return agents


async def test_a_snapshot_lets_the_journal_be_trimmed_up_to_there(world: StateFixture) -> None:
    agent = BatchSealer("hoan-kiem", epoch_ns=EPOCH)
    await world.consumer.load()
    await world.push(agent, batch(agent, 1000))
    await world.consumer.catch_up()
    assert (await world.journal.cursor("state")).sequence == 0
    await world.consumer.snapshot()
    assert (await world.journal.cursor("state")).sequence == world.journal.head


async def test_a_snapshot_is_written_in_parts_and_ends_with_its_position(
    world: StateFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thongsuot_collector.state.consumer._SNAPSHOT_SITES", 2)
    await reporting_agents(world, 5)
    written: list[int] = []
    event.listen(world.store, "commit", lambda _connection: written.append(len(written)))
    with world.store.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE positions RENAME TO taken_away")
    written.clear()
    with pytest.raises(Exception, match="no such table"):
        await world.consumer.snapshot()
    assert len(written) == 2, "two sites each; the last is not there without the position"
    assert (await world.journal.cursor("state")).sequence == 0
    with world.store.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE taken_away RENAME TO positions")
    written.clear()
    await world.consumer.snapshot()
    assert len(written) == 1, "what was written is not written again"
    assert (await world.journal.cursor("state")).sequence == world.journal.head


async def test_what_is_applied_during_a_snapshot_is_there_once_after_a_crash(
    world: StateFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thongsuot_collector.state.consumer._SNAPSHOT_SITES", 1)
    agents = await reporting_agents(world, 3)
    first_written = asyncio.Event()
    loop = asyncio.get_running_loop()
    event.listen(
        world.store, "commit", lambda _connection: loop.call_soon_threadsafe(first_written.set)
    )
    snapshot = asyncio.create_task(world.consumer.snapshot(pause_s=0.001))
    await first_written.wait()
    for agent in agents:
        await world.push(agent, batch(agent, 1015))
    await world.consumer.catch_up()
    await snapshot
    before = msgspec.msgpack.encode(dict(sorted(world.consumer.sites.items())))
    await world.crash()
    assert world.consumer.lag == 3
    await world.consumer.catch_up()
    after = msgspec.msgpack.encode(dict(sorted(world.consumer.sites.items())))
    assert after == before


async def test_what_a_cancelled_snapshot_has_written_is_not_added_again(
    world: StateFixture, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    undisturbed = StateFixture(tmp_path / "other")
    # A month later its rollups would not be kept.
    agent = BatchSealer("site-1", epoch_ns=time.time_ns() - 5000 * S)
    batches = [
        agent.batch(sealed * S, [icmp_result((sealed - 5) * S, target="hop")])
        for sealed in (1000, 5000)
    ]
    for fixture in (undisturbed, world):
        await fixture.consumer.load()
        for sealed in batches:
            await fixture.push(agent, sealed)
        await fixture.consumer.catch_up()
    begun, released = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def hold(_connection: Connection) -> None:
        loop.call_soon_threadsafe(begun.set)
        released.wait()

    committed = asyncio.Queue[None]()
    event.listen(world.store, "begin", hold)
    event.listen(
        world.store, "commit", lambda _c: loop.call_soon_threadsafe(committed.put_nowait, None)
    )
    snapshot = asyncio.create_task(world.consumer.snapshot())
    await begun.wait()
    snapshot.cancel()
    released.set()
    with pytest.raises(asyncio.CancelledError):
        await snapshot
    await undisturbed.consumer.snapshot()
    await world.consumer.snapshot()
    for _write in range(2):
        await committed.get()
    assert stored_rollups(world.store) == stored_rollups(undisturbed.store) != []
    await undisturbed.close()


def stored_rollups(store: Engine) -> list[tuple[object, ...]]:
    with store.begin() as connection:
        return sorted(tuple(row) for row in connection.execute(LINE_ROLLUPS.select()))


async def test_waiters_for_a_sequence_are_notified_when_it_is_reached(world: StateFixture) -> None:

    agent = BatchSealer("hoan-kiem", epoch_ns=EPOCH)
    await world.consumer.load()
    waiting = asyncio.create_task(world.consumer.wait_until_applied(1))
    running = asyncio.create_task(world.consumer.run())
    await world.push(agent, batch(agent, 1001))
    async with asyncio.timeout(60):
        await waiting
    running.cancel()
    state = world.consumer.sites["hoan-kiem"]
    assert [
        verdict.transition.state
        for verdict in state.streams[agent.stream].verdicts.all_transitions()
    ] == [State.UP]
