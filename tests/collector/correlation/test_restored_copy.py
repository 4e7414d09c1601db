"""
An older copy of the journal is put back, and its sequences are given out again until they pass what
was read of the lost one: every consumer notices, and reads the entries that it has not seen.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.collector.correlation.consumer_world import ALL, World, all_well
from thongsuot_collector.accounts.consumer import AccountConsumer, gone_from
from thongsuot_collector.accounts.overview import accounts_in
from thongsuot_collector.accounts.stream_account import BatchFate
from thongsuot_collector.journal.dead_letters import DeadLetterQueue
from thongsuot_collector.journal.reader import BatchReader
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.state.consumer import StateConsumer
from thongsuot_collector.store import record_accounts
from thongsuot_collector.store.engine import open_store
from thongsuot_schema.batch.limits import DEFAULT_LIMITS as LIMITS
from thongsuot_schema.state import State


async def consumers(world: World) -> tuple[AccountConsumer, StateConsumer]:
    reader = BatchReader(world.layouts, LIMITS)
    states = StateConsumer(
        world.journal,
        reader,
        store=world.store,
        dead_letters=DeadLetterQueue(world.store, Metrics()),
        metrics=Metrics(),
    )
    accounts = AccountConsumer(world.journal, reader, store=world.store)
    await world.journal.begin_generation()
    await states.load()
    await accounts.load()
    await world.consumer.load()
    return accounts, states


async def follow(world: World, accounts: AccountConsumer, states: StateConsumer) -> None:
    await world.consumer.catch_up()
    await world.consumer.flush()
    await states.catch_up()
    await states.snapshot()
    await accounts.catch_up()
    await accounts.save()


async def test_sequences_that_were_given_out_again_are_read_by_every_consumer(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "elsewhere").mkdir()
    world = World(tmp_path)
    working = await consumers(world)
    await all_well(world)
    await follow(world, *working)
    copied_head = world.journal.head
    with closing(sqlite3.connect(tmp_path / "journal.sqlite")) as journal:
        journal.execute("VACUUM INTO ?", (str(tmp_path / "elsewhere" / "journal.sqlite"),))
    await world.run(60, sites=ALL)
    await follow(world, *working)
    lost_head = world.journal.head
    await world.journal.close()

    # The copy is used without the store for a while: in it a fault has the sequence of an entry
    # that was read. So it is if a restored collector is killed before it has saved a position.
    for suffix in ("", "-wal", "-shm"):
        (tmp_path / f"journal.sqlite{suffix}").unlink(missing_ok=True)
    other_store = open_store(tmp_path / "elsewhere" / "store.sqlite")
    copy = World(tmp_path / "elsewhere", other_store)
    copy.agents, copy.now_ns = world.agents, world.now_ns
    await copy.journal.begin_generation()
    await copy.push("s0", ("fiber", State.DOWN))
    while copy.journal.head <= lost_head:
        await copy.push("s1")
    new_entries = copy.journal.head - copied_head
    await copy.journal.close()
    other_store.dispose()

    (tmp_path / "elsewhere" / "journal.sqlite").rename(tmp_path / "journal.sqlite")
    restored = World(tmp_path, world.store)
    restored.agents, restored.now_ns = copy.agents, copy.now_ns
    accounts, states = await consumers(restored)
    for name in ("incidents", "state", "accounts"):
        assert f"{name} had read up to {lost_head}, and only entries up to {copied_head}" in (
            caplog.text
        )
    assert (restored.consumer.lag, states.lag, accounts.lag) == (new_entries,) * 3
    await restored.run(15, sites=ALL)
    assert restored.lines() == [("opened", "started", "s0/fiber", "carrier:vnpt")]
    await follow(restored, accounts, states)
    # The lost batches are named, and each entry of the present journal is counted once.
    known = list(accounts_in(world.store, record_accounts.streams(world.store)))
    lost = {account.site: account.counts().get(BatchFate.JOURNAL_REPLACED, 0) for account in known}
    assert lost == dict.fromkeys(ALL, 4)
    assert not list(gone_from(known, await restored.journal.kept()))
    kept = record_accounts.made_and_kept(world.store, heard_after_ns=0)
    assert sum(of_site[1] for of_site in kept.values()) == restored.journal.head
    await restored.journal.close()
    world.store.dispose()
