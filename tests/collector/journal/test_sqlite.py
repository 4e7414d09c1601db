"""The journal in SQLite: the contract, and what only a file can suffer."""

import asyncio
import logging
import os
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.collector.journal.journal_contract import *  # noqa: F403 - the contract's tests
from tests.collector.journal.journal_contract import Reopen, entry, everything
from thongsuot_collector.errors import JournalDamaged, JournalRefused
from thongsuot_collector.journal.entry import AppendOutcome
from thongsuot_collector.journal.sqlite import SqliteJournal, open_journal
from thongsuot_collector.journal.sqlite_tables import connect
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


async def test_an_appender_who_gave_up_hides_nothing_from_the_consumers(tmp_path: Path) -> None:
    journal = open_journal(tmp_path / "journal.sqlite", committed=ignore)
    appending = asyncio.create_task(journal.append(entry(1)))
    await asyncio.sleep(0)
    appending.cancel()
    async with asyncio.timeout(60):
        assert await journal.wait(0) == 1
    assert [one.entry.number for one in await everything(journal)] == [1]
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


async def test_a_torn_file_is_set_aside_under_a_clear_name_and_a_new_one_started(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "journal.sqlite"
    journal = open_journal(path, committed=ignore)
    for number in range(1, 200):
        await journal.append(entry(number, body=bytes(4000)))
    name = journal.name
    await journal.close()
    torn = path.read_bytes()[: path.stat().st_size // 2]
    path.write_bytes(torn)

    with caplog.at_level(logging.ERROR):
        journal = open_journal(path, committed=ignore)
    assert journal.set_aside is not None
    assert journal.set_aside.name.startswith("journal.sqlite.damaged-")
    assert journal.set_aside.read_bytes() == torn
    assert str(journal.set_aside) in caplog.text
    assert journal.name != name
    assert await everything(journal) == []
    assert (await journal.append(entry(1))).reception is AppendOutcome.APPENDED
    await journal.close()


async def test_a_file_that_is_no_database_is_set_aside(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"not a database" * 1000)
    journal = open_journal(path, committed=ignore)
    assert journal.set_aside is not None
    await journal.close()


async def test_damage_found_while_running_is_remembered_for_the_next_start(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = open_journal(path, committed=ignore)
    for number in range(1, 400):
        await journal.append(entry(number, body=bytes(4000)))
    await journal.close()
    journal = open_journal(path, committed=ignore)
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(os.urandom(path.stat().st_size - 8192))
    with pytest.raises(JournalDamaged):
        await everything(journal)
    await journal.close()
    assert damage_marker(path).exists()
    journal = open_journal(path, committed=ignore)
    assert journal.set_aside is not None
    assert not damage_marker(path).exists()
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
    assert [one.entry.number for one in await everything(journal)] == [1]
    assert (await journal.append(entry(3))).reception is AppendOutcome.APPENDED
    await journal.close()


@pytest.mark.parametrize("after", [0, 1, 57, 99, 100])
@pytest.mark.parametrize("limit", [1, 7, 1000])
async def test_what_is_read_from_memory_is_what_is_on_the_disk(
    tmp_path: Path, after: int, limit: int
) -> None:
    journal = open_journal(tmp_path / "journal.sqlite", committed=ignore)
    for number in range(1, 101):
        await journal.append(entry(number, body=bytes(number * 10)))
    for through, size_bytes in ((100, 1 << 30), (60, 1 << 30), (100, 2500)):
        wanted = {"through": through, "limit": limit, "size_bytes": size_bytes}
        from_memory = await journal.read(after, **wanted)
        journal._recent.forget()
        assert await journal.read(after, **wanted) == from_memory
        await journal.append(entry(1000 + through + size_bytes % 7))
    await journal.close()
