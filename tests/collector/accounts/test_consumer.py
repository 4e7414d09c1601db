"""The consumer of accounts keeps what it has read, also while more comes than it can read."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from tests.collector.journal.journal_contract import entry
from thongsuot_collector.accounts import consumer
from thongsuot_collector.accounts.consumer import CONSUMER, AccountConsumer
from thongsuot_collector.journal.layout_cache import LayoutCache
from thongsuot_collector.journal.reader import BatchReader
from thongsuot_collector.journal.sqlite import open_journal
from thongsuot_collector.store import record_accounts, sites
from thongsuot_collector.store.engine import open_store
from thongsuot_schema.batch.limits import DEFAULT_LIMITS as LIMITS


async def test_what_was_read_is_saved_while_it_catches_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "_READ_ENTRIES", 1)
    monkeypatch.setattr(consumer, "_SAVE_EVERY_S", 0.0)
    store = open_store(tmp_path / "store.sqlite")
    journal = open_journal(tmp_path / "journal.sqlite", committed=lambda _jobs, _s: None)
    for number in (1, 2, 3):
        await journal.append(entry(number))
    accounts = AccountConsumer(
        journal, BatchReader(LayoutCache(journal, LIMITS), LIMITS), store=store
    )
    await accounts.load()
    # Alone, as it is under a load under which it does not end.
    await accounts.catch_up()
    position = sites.position(store, CONSUMER)
    assert position == sites.Position(journal=journal.name, sequence=3)
    assert (await journal.cursor(CONSUMER)).sequence == 3
    assert record_accounts.made_and_kept(store, heard_after_ns=0) == {"hoan-kiem": (3, 3)}
    await journal.close()
    store.dispose()


async def test_other_tasks_have_their_turns_while_it_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "_TURN_S", 0.0)
    store = open_store(tmp_path / "store.sqlite")
    journal = open_journal(tmp_path / "journal.sqlite", committed=lambda _jobs, _s: None)
    await journal.append(entry(1))
    accounts = AccountConsumer(
        journal, BatchReader(LayoutCache(journal, LIMITS), LIMITS), store=store
    )
    await accounts.load()
    # Afterwards it knows the stream, and without layouts it waits for no thread.
    await accounts.catch_up()
    numbers = range(2, 102)
    for number in numbers:
        await journal.append(msgspec.structs.replace(entry(number), layout=b""))
    catching_up = asyncio.create_task(accounts.catch_up())
    turns = 0
    while not catching_up.done():
        await asyncio.sleep(0)
        turns += 1
    await catching_up
    assert turns >= len(numbers)
    await journal.close()
    store.dispose()


async def test_accounts_are_encoded_in_turns_and_a_cancelled_save_loses_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer, "_ENCODED_AT_ONCE", 1)
    store = open_store(tmp_path / "store.sqlite")
    journal = open_journal(tmp_path / "journal.sqlite", committed=lambda _jobs, _s: None)
    names = [f"{place:016x}" for place in range(6)]
    for name in names:
        await journal.append(msgspec.structs.replace(entry(1), stream=name))
    accounts = AccountConsumer(
        journal, BatchReader(LayoutCache(journal, LIMITS), LIMITS), store=store
    )
    await accounts.load()
    await accounts.catch_up()
    for turns in range(1, len(names)):
        saving = asyncio.create_task(accounts.save())
        for _ in range(turns):
            await asyncio.sleep(0)
        saving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await saving
        # It had not begun to write.
        assert record_accounts.made_and_kept(store, heard_after_ns=0) == {}
    await accounts.save()
    assert record_accounts.made_and_kept(store, heard_after_ns=0) == {"hoan-kiem": (6, 6)}
    await journal.close()
    store.dispose()
