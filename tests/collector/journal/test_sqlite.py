"""The journal in SQLite: the contract, and what only a file can suffer."""

import asyncio
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from msgspec import structs

from tests.collector.journal.generations_contract import *  # noqa: F403 - of the contract, too
from tests.collector.journal.journal_contract import *  # noqa: F403 - the contract's tests
from tests.collector.journal.journal_contract import Reopen, entry, everything
from tests.collector.journal.neighbours_contract import *  # noqa: F403 - of the contract, too
from tests.collector.journal.trimming_contract import *  # noqa: F403 - what a trim takes
from thongsuot_collector.errors import JournalBusy, JournalDamaged, JournalError, JournalRefused
from thongsuot_collector.journal import sqlite_tables
from thongsuot_collector.journal.entry import AppendOutcome
from thongsuot_collector.journal.journal import Cursor
from thongsuot_collector.journal.sqlite import SqliteJournal, open_journal
from thongsuot_collector.journal.sqlite_tables import connect
from thongsuot_collector.journal.sqlite_view import open_sqlite_view
from thongsuot_collector.store.sqlite_file import damage_marker


def ignore(_jobs: int, _took_s: float) -> None:
    """Nobody listens to the commits."""


@pytest.fixture
async def reopen(tmp_path: Path) -> AsyncIterator[Reopen]:
    opened: list[SqliteJournal] = []

    async def again() -> SqliteJournal:
        if opened:
            await opened[-1].close()
        opened.append(open_journal(tmp_path / "journal.sqlite", committed=ignore))
        return opened[-1]

    yield again
    if opened:
        await opened[-1].close()


async def test_appends_that_wait_together_share_one_commit(tmp_path: Path) -> None:
    groups: list[int] = []
    journal = open_journal(
        tmp_path / "journal.sqlite", committed=lambda jobs, _took_s: groups.append(jobs)
    )
    await asyncio.gather(*(journal.append(entry(number)) for number in range(1, 301)))
    await journal.close()
    assert sum(groups) == 300
    assert len(groups) < 150


async def test_bodies_that_wait_for_a_disk_that_hangs_are_bounded_but_for_a_single_one(
    tmp_path: Path,
) -> None:
    journal = open_journal(tmp_path / "journal.sqlite", committed=ignore, gather_s=3600.0)
    large = structs.replace(entry(1), body=bytes(65 << 20))
    waiting = asyncio.ensure_future(journal.append(large))
    await asyncio.sleep(0)
    with pytest.raises(JournalBusy, match=f"{65 << 20} bytes wait for the disk"):
        await journal.append(entry(2))
    await journal.close()
    assert (await waiting).outcome is AppendOutcome.APPENDED


async def test_appends_that_come_one_by_one_wait_for_each_other_and_are_not_acknowledged_before(
    tmp_path: Path,
) -> None:
    groups: list[int] = []
    journal = open_journal(
        tmp_path / "journal.sqlite",
        committed=lambda jobs, _took_s: groups.append(jobs),
        gather_s=3600.0,
    )
    appending = []
    for number in range(1, 50):
        appending.append(asyncio.create_task(journal.append(entry(number))))
        await asyncio.sleep(0)
    assert not any(task.done() for task in appending)
    with sqlite3.connect(tmp_path / "journal.sqlite") as connection:
        assert connection.execute("SELECT count(*) FROM entries").fetchone() == (0,)
    connection.close()
    # Enough of them are not kept waiting for more.
    await asyncio.gather(*appending, journal.append(entry(50)))
    assert groups == [50]
    # Nor is what waits when the journal is closed.
    last = asyncio.create_task(journal.append(entry(51)))
    await asyncio.sleep(0)
    await journal.close()
    assert (await last).sequence == 51


async def test_a_group_that_is_complete_waits_only_for_the_commit_before_it(tmp_path: Path) -> None:
    groups: list[int] = []
    path = tmp_path / "journal.sqlite"
    journal = open_journal(
        path, committed=lambda jobs, _took_s: groups.append(jobs), gather_s=3600.0
    )
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        appending = []
        for number in range(1, 4):
            appending.append(asyncio.create_task(journal.append(entry(number))))
            await asyncio.sleep(0)
            journal.commit_soon()
    await asyncio.gather(*appending)
    assert groups == [1, 2]
    # What comes later waits for others again.
    late = asyncio.create_task(journal.append(entry(4)))
    await asyncio.sleep(0)
    assert not late.done()
    await journal.close()
    assert (await late).sequence == 4


async def test_a_cancelled_append_is_still_delivered_to_consumers(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "journal.sqlite", committed=ignore)
    appending = asyncio.create_task(journal.append(entry(1)))
    await asyncio.sleep(0)
    appending.cancel()
    async with asyncio.timeout(60):
        assert await journal.wait(0) == 1
    assert [kept_entry.entry.number for kept_entry in await everything(journal)] == [1]
    await journal.close()


async def test_the_file_is_for_the_collector_alone(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "journal.sqlite"
    journal = open_journal(path, committed=ignore)
    await journal.append(entry(1))
    for part in path.parent.iterdir():
        assert part.stat().st_mode & 0o077 == 0, part
    await journal.close()


async def test_every_commit_is_flushed_to_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    await open_journal(path, committed=ignore).close()
    connection = connect(path, writable=True)
    full = 2
    assert connection.execute("PRAGMA synchronous").fetchone()[0] == full
    assert connection.execute("PRAGMA journal_mode").fetchone()[0] == "wal"
    connection.close()


async def test_a_journal_of_a_newer_collector_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    await open_journal(path, committed=ignore).close()
    connection = connect(path, writable=True)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(JournalError, match="version 99"):
        open_journal(path, committed=ignore)


async def open_journal_of_many(path: Path) -> SqliteJournal:
    """Return a journal just opened, with entries that are not in its memory."""
    journal = open_journal(path, committed=ignore)
    for number in range(1, 400):
        await journal.append(entry(number, body=bytes(4000)))
    await journal.close()
    return open_journal(path, committed=ignore)


def damage(path: Path) -> None:
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(os.urandom(path.stat().st_size - 8192))


async def test_damage_found_while_running_is_remembered_for_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = await open_journal_of_many(path)
    damage(path)
    with pytest.raises(JournalDamaged):
        await everything(journal)
    await journal.close()
    assert damage_marker(path).exists()
    journal = open_journal(path, committed=ignore)
    assert journal.quarantined is not None
    assert not damage_marker(path).exists()
    await journal.close()


async def test_damage_that_cannot_be_recorded_is_damage_all_the_same(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "journal.sqlite"
    journal = await open_journal_of_many(path)
    damage_marker(path).mkdir()  # no file can be written there, as on a full disk
    damage(path)
    with pytest.raises(JournalDamaged):
        await everything(journal)
    assert "cannot record that" in caplog.text
    await journal.close()


async def test_a_disk_that_refuses_keeps_nothing_and_acknowledges_nothing(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = open_journal(path, committed=ignore)
    await journal.append(entry(1))
    other = sqlite3.connect(path)
    pages = other.execute("PRAGMA page_count").fetchone()[0]
    other.close()

    def bound(connection: sqlite3.Connection) -> None:
        connection.execute(f"PRAGMA max_page_count = {pages + 2}")

    await journal._writer.run(bound)
    with pytest.raises(JournalRefused, match="full"):
        await journal.append(entry(2, body=bytes(100_000)))
    # The journal itself lives on, with what it had acknowledged.
    assert [kept_entry.entry.number for kept_entry in await everything(journal)] == [1]
    assert (await journal.append(entry(3))).outcome is AppendOutcome.APPENDED
    await journal.close()


@pytest.mark.parametrize("after", [0, 1, 57, 99, 100])
@pytest.mark.parametrize("limit", [1, 7, 1000])
@pytest.mark.parametrize("site", ["", "tay-ho"])
async def test_content_in_memory_equals_that_on_the_disk(
    tmp_path: Path, after: int, limit: int, site: str
) -> None:
    journal = open_journal(tmp_path / "journal.sqlite", committed=ignore)
    for number in range(1, 101):
        of = "tay-ho" if number % 3 else "hoan-kiem"
        await journal.append(entry(number, site=of, body=bytes(number * 10)))
    for through, size_bytes in ((100, 1 << 30), (60, 1 << 30), (100, 2500)):
        read = partial(
            journal.read, after, through=through, limit=limit, size_bytes=size_bytes, site=site
        )
        from_memory = await read()
        journal._recent.forget()
        assert await read() == from_memory
        await journal.append(entry(1000 + through + size_bytes % 7))
    await journal.close()


async def test_a_commit_of_an_unchanged_cursor_is_written_to_the_disk(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "journal.sqlite", committed=ignore)
    log = tmp_path / "journal.sqlite-wal"
    await journal.commit("incidents", 7, b"note")
    for _ in range(2):
        before = log.stat().st_size
        await journal.commit("incidents", 7, b"note")
        assert log.stat().st_size > before
    assert await journal.cursor("incidents") == Cursor(sequence=7, note=b"note")
    await journal.close()


@pytest.mark.parametrize("version", range(1, len(sqlite_tables._STEPS)))
def test_a_file_of_an_earlier_version_is_read_as_it_is(tmp_path: Path, version: int) -> None:
    path = tmp_path / "journal.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as made:
        steps = "".join(sqlite_tables._STEPS[:version])
        made.executescript(f"{steps} PRAGMA user_version = {version};")
        made.execute("INSERT INTO journal (name) VALUES ('old')")
    with closing(open_sqlite_view(path)) as view:
        assert (view.name(), view.cursors(), view.kept()) == ("old", {}, {})
        assert (view.extent().head, view.damage().lost, list(view.batches())) == (0, (), [])
        assert view.tallies(from_day=0) == {}
