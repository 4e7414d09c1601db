"""The journal in SQLite: the contract, and what only a file can suffer."""

import asyncio
import logging
import os
import random
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from msgspec import structs

from tests.collector.journal.journal_contract import *  # noqa: F403 - the contract's tests
from tests.collector.journal.journal_contract import Reopen, entry, everything
from thongsuot_collector.errors import JournalBusy, JournalDamaged, JournalError, JournalRefused
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


async def test_an_appender_who_gave_up_hides_nothing_from_the_consumers(tmp_path: Path) -> None:
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


async def filled(path: Path, entries: int) -> str:
    """Make a journal of some entries of 4 kB, of two sites; return its name."""
    journal = open_journal(path, committed=ignore)
    for number in range(1, entries + 1):
        site = "ba-dinh" if number % 2 else "hoan-kiem"
        await journal.append(entry(number, site=site, body=number.to_bytes(2, "big") * 2000))
    await journal.commit("fast", entries)
    await journal.commit("slow", 10)
    name = journal.name
    await journal.close()
    return name


async def test_a_bad_page_costs_only_what_stood_on_it_and_that_is_named_and_counted(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "journal.sqlite"
    name = await filled(path, 400)
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 8192 // 2 * 8192)
        file.write(random.Random(7).randbytes(8192))

    with caplog.at_level(logging.ERROR):
        journal = open_journal(path, committed=ignore)
    assert journal.quarantined is not None
    assert str(journal.quarantined) in caplog.text
    read = await everything(journal)
    damage = await journal.damage()
    # The same journal goes on: name, sequences and cursors are as they were.
    assert (journal.name, journal.head) == (name, 400)
    assert 390 <= len(read) < 400
    assert [kept_entry.sequence for kept_entry in read] == [
        kept_entry.entry.number for kept_entry in read
    ]
    assert all(
        kept_entry.entry.body == kept_entry.entry.number.to_bytes(2, "big") * 2000
        for kept_entry in read
    )
    there = {kept_entry.sequence for kept_entry in read}
    assert damage.lost_entries == 400 - len(there)
    assert damage.found_ns > 0
    named = {
        (part.site, number)
        for part in damage.lost
        for number in range(part.first_number, part.last_number + 1)
    }
    missing = set(range(1, 401)) - there
    assert named == {("ba-dinh" if number % 2 else "hoan-kiem", number) for number in missing}
    assert (await journal.cursor("fast")).lost == 0
    slow = await journal.cursor("slow")
    assert (slow.sequence, slow.lost) == (10, len(missing))
    # What is lost may come again; what is there is still recognised.
    lost, kept = min(missing), min(there)
    site = "ba-dinh" if lost % 2 else "hoan-kiem"
    again = await journal.append(entry(lost, site=site, body=b"again"))
    assert again.outcome is AppendOutcome.APPENDED
    assert again.sequence == 401
    site = "ba-dinh" if kept % 2 else "hoan-kiem"
    body = kept.to_bytes(2, "big") * 2000
    repeated = await journal.append(entry(kept, site=site, body=body))
    assert repeated.outcome is AppendOutcome.REPEATED
    await journal.close()


def roots_of(path: Path) -> dict[str, int]:
    """Return the first page of each table and index of a journal, by their names."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0")
        return dict(rows.fetchall())


async def test_a_bad_page_of_anything_but_the_entries_costs_no_entry(tmp_path: Path) -> None:
    whole = tmp_path / "journal.sqlite"
    await filled(whole, 60)
    roots = roots_of(whole)
    assert {"entries_identity", "cursors", "trimmed", "layouts", "sqlite_sequence"} <= roots.keys()
    for name, page in roots.items():
        if name == "entries":
            continue
        path = tmp_path / name / "journal.sqlite"
        path.parent.mkdir()
        path.write_bytes(whole.read_bytes())
        with path.open("r+b") as file:
            file.seek((page - 1) * 8192)
            file.write(bytes(8192))
        journal = open_journal(path, committed=ignore)
        assert (journal.head, len(await everything(journal))) == (60, 60), name
        again = await journal.append(entry(1, site="ba-dinh", body=b"\x00\x01" * 2000))
        assert again.outcome is AppendOutcome.REPEATED, name
        await journal.close()


async def test_where_no_entry_can_be_found_any_more_each_is_named(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    name = await filled(path, 60)
    page = roots_of(path)["entries"]
    with path.open("r+b") as file:
        file.seek((page - 1) * 8192)
        file.write(bytes(8192))
    journal = open_journal(path, committed=ignore)
    damage = await journal.damage()
    assert (journal.name, journal.head, damage.lost_entries) == (name, 60, 60)
    assert {part.site for part in damage.lost} == {"ba-dinh", "hoan-kiem"}
    assert (await journal.cursor("slow")).lost == 50 + 10
    await journal.close()


async def test_a_torn_file_gives_back_what_it_still_holds_and_is_kept(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    name = await filled(path, 200)
    torn = path.read_bytes()[: path.stat().st_size // 2]
    path.write_bytes(torn)
    journal = open_journal(path, committed=ignore)
    assert journal.quarantined is not None
    assert journal.quarantined.name.startswith("journal.sqlite.damaged-")
    assert journal.quarantined.read_bytes() == torn
    read = await everything(journal)
    damage = await journal.damage()
    assert len(read) + damage.lost_entries == 200
    assert len(read) > 50
    assert (journal.name, journal.head) == (name, 200)
    await journal.close()


async def test_a_recovery_that_was_cut_short_is_made_again_or_finished(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    await filled(path, 30)
    whole = path.read_bytes()
    recovered = path.with_name("journal.sqlite.recovered")
    # Cut while it was written: the damaged file is still there, and is read again.
    recovered.write_bytes(b"half a file")
    path.write_bytes(whole[:8192] + bytes(8192) + whole[2 * 8192 :])
    await open_journal(path, committed=ignore).close()
    assert not recovered.exists()
    # Cut between the two renames: it was whole.
    path.rename(recovered)
    journal = open_journal(path, committed=ignore)
    assert journal.head == 30
    await journal.close()


async def test_a_journal_of_a_newer_collector_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    await filled(path, 1)
    connection = connect(path, writable=True)
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(JournalError, match="version 99"):
        open_journal(path, committed=ignore)


async def test_a_file_that_is_no_database_is_kept_and_said_to_be_lost(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"not a database" * 1000)
    journal = open_journal(path, committed=ignore)
    assert journal.quarantined is not None
    damage = await journal.damage()
    assert damage.found_ns > 0
    assert [part.last for part in damage.lost] == [0]
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
    assert journal.quarantined is not None
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
    assert [kept_entry.entry.number for kept_entry in await everything(journal)] == [1]
    assert (await journal.append(entry(3))).outcome is AppendOutcome.APPENDED
    await journal.close()


@pytest.mark.parametrize("after", [0, 1, 57, 99, 100])
@pytest.mark.parametrize("limit", [1, 7, 1000])
@pytest.mark.parametrize("site", ["", "tay-ho"])
async def test_what_is_read_from_memory_is_what_is_on_the_disk(
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
