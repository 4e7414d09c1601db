"""Entries that cannot be processed are kept whole and do not flood the log."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.collector.journal.journal_contract import entry
from tests.collector.running import eventually
from thongsuot_collector.errors import UndecodableEntry
from thongsuot_collector.journal.dead_letters import DeadLetterIntake, DeadLetterQueue
from thongsuot_collector.journal.entry import StoredEntry
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.store import dead_letters
from thongsuot_collector.store.engine import open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Engine]:
    engine = open_store(tmp_path / "store.sqlite")
    yield engine
    engine.dispose()


async def test_a_device_with_thousands_of_them_is_logged_once_a_minute_and_all_are_kept(
    store: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    queue = DeadLetterQueue(store, Metrics())
    with caplog.at_level(logging.WARNING):
        for number in range(1, 31):
            await queue.put_conflict(entry(number))
        await queue.put_badly_signed(entry(1))
        await queue.put_conflict(entry(1, site="ba-dinh"))
    lines = [record.getMessage() for record in caplog.records]
    assert [line.partition(" site=")[2].partition(" ")[0] for line in lines] == [
        "hoan-kiem",
        "hoan-kiem",
        "ba-dinh",
    ]
    assert len(dead_letters.listed(store)) == 32


async def test_a_letter_is_retried_on_request_and_leaves_when_its_consumer_can_read_it(
    store: Engine,
) -> None:
    queue = DeadLetterQueue(store, Metrics())
    kept = StoredEntry(sequence=7, entry=entry(3))
    await queue.put_entry(kept, consumer="state", error=UndecodableEntry("no such layout"))
    assert await queue.retries("state") == [], "nobody has asked for it"
    letter = dead_letters.get(store, dead_letters.listed(store)[0].id)
    assert letter is not None
    assert (letter.sequence, letter.body, letter.error) == (7, kept.entry.body, "no such layout")
    dead_letters.request_retry(store, [letter.id])
    assert await queue.retries("export") == []
    (asked,) = await queue.retries("state")
    await queue.note_failure(asked, "the layout is still missing")
    (letter,) = dead_letters.listed(store)
    assert letter.error == "the layout is still missing"
    assert await queue.retries("state") == [], "it is tried once for each request"
    await queue.note_success(letter)
    assert dead_letters.listed(store) == []


async def test_a_failure_that_is_a_bug_is_kept_with_its_traceback(store: Engine) -> None:
    queue = DeadLetterQueue(store, Metrics())
    with pytest.raises(ZeroDivisionError) as raised:
        1 / 0  # noqa: B018 - a bug
    kept = StoredEntry(sequence=1, entry=entry(1))
    await queue.put_entry(kept, consumer="state", error=raised.value)
    (letter,) = dead_letters.listed(store)
    assert letter.error.startswith("Traceback")
    assert "ZeroDivisionError: division by zero" in letter.error


async def test_one_collector_of_a_shared_journal_keeps_what_cannot_be_processed(
    store: Engine,
) -> None:
    queue = DeadLetterQueue(store, Metrics(), keeps_entries=False)
    await queue.put_entry(
        StoredEntry(sequence=1, entry=entry(1)), consumer="state", error=UndecodableEntry("bad")
    )
    assert dead_letters.listed(store) == []
    await queue.put_conflict(entry(2))
    assert [letter.number for letter in dead_letters.listed(store)] == [2], "a push is its own"


async def test_dead_letters_beyond_the_limit_are_dropped_from_the_intake(store: Engine) -> None:
    intake = DeadLetterIntake(DeadLetterQueue(store, Metrics()), limit=2)
    intake.put_conflict(entry(1))
    intake.put_badly_signed(entry(2))
    intake.put_conflict(entry(3))
    writing = asyncio.create_task(intake.run())
    await eventually(lambda: len(dead_letters.listed(store)) == 2)
    writing.cancel()
    assert {(letter.number, letter.consumer) for letter in dead_letters.listed(store)} == {
        (1, dead_letters.CONFLICTS),
        (2, dead_letters.BADLY_SIGNED),
    }
