"""Recovering a damaged journal: what is left of it is kept, what is lost is named and counted."""

import logging
import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.collector.journal.journal_contract import entry, everything
from thongsuot_collector.errors import JournalError
from thongsuot_collector.journal import recovery, sqlite_tables
from thongsuot_collector.journal.entry import AppendOutcome
from thongsuot_collector.journal.sqlite import open_journal
from thongsuot_collector.store.sqlite_file import damage_marker
from thongsuot_schema.batch.digest import digest_of


def ignore(_jobs: int, _took_s: float) -> None:
    """Nobody listens to the commits."""


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


TABLES_BESIDE = {
    "journal",
    "cursors",
    "trimmed",
    "layouts",
    "tallies",
    "retried",
    "damage",
    "generations",
}


def roots_of(path: Path) -> dict[str, int]:
    """Return the first page of each table and index of a journal, by their names."""
    with closing(sqlite3.connect(path)) as connection:
        rows = connection.execute("SELECT name, rootpage FROM sqlite_schema WHERE rootpage > 0")
        return dict(rows.fetchall())


async def test_a_recovery_says_how_far_it_is(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recovery, "_PROGRESS_EVERY_S", 0.0)
    path = tmp_path / "journal.sqlite"
    await filled(path, 1_100)
    damage_marker(path).write_text("found while running")
    await open_journal(path, committed=ignore).close()
    assert "recovering the journal: at entry 1024 of 1100" in caplog.text
    assert "recovering the journal: at entry 1100 of 1100" in caplog.text


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
        # That of this table something is not known any more stays known.
        damage = await journal.damage()
        forgotten = [part.forgotten for part in damage.lost]
        assert forgotten == ([name] if name in TABLES_BESIDE else []), name
        assert damage.lost_entries == 0, name
        assert damage.found_ns > 0 or not forgotten, name
        await journal.close()


async def test_rows_behind_a_bad_page_are_kept_too(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    await filled(path, 2)
    sites = [f"site-{number:05}" for number in range(3_000)]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.executemany(
            "INSERT INTO trimmed VALUES (?, '00112233445566aa', 1, 100)",
            [(site,) for site in sites],
        )
        connection.execute("COMMIT")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = path.read_bytes()
    at = data.index(b"site-01500") // 8192 * 8192
    path.write_bytes(data[:at] + bytes(8192) + data[at + 8192 :])
    journal = open_journal(path, committed=ignore)
    (part,) = (await journal.damage()).lost
    await journal.close()
    assert part.forgotten == "trimmed"
    with closing(sqlite3.connect(path)) as connection:
        kept = {site for (site,) in connection.execute("SELECT site FROM trimmed")}
    assert {sites[0], sites[-1]} < kept
    assert len(sites) - 400 < len(kept) < len(sites)


def names_in(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def spoil_first_page(path: Path, how: str) -> None:
    """Damage the page that says where every table begins, or a part of it."""
    ruined = {
        "noise": (0, random.Random(1).randbytes(8192)),
        "zeros": (0, bytes(8192)),
        "header": (0, random.Random(2).randbytes(100)),
        "schema": (100, random.Random(3).randbytes(8092)),
        "no table": (100, bytes(8092)),
    }
    at, data = ruined[how]
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


@pytest.mark.parametrize("how", ["noise", "zeros", "header", "schema", "no table"])
async def test_a_bad_first_page_costs_nothing(tmp_path: Path, how: str) -> None:
    path = tmp_path / "journal.sqlite"
    name = await filled(path, 60)
    spoil_first_page(path, how)
    spoiled = path.read_bytes()
    journal = open_journal(path, committed=ignore)
    assert (journal.name, journal.head, len(await everything(journal))) == (name, 60, 60)
    assert (await journal.cursor("slow")).sequence == 10
    assert (await journal.damage()).lost_entries == 0
    again = await journal.append(entry(1, site="ba-dinh", body=b"\x00\x01" * 2000))
    assert again.outcome is AppendOutcome.REPEATED
    assert journal.quarantined is not None
    assert journal.quarantined.read_bytes() == spoiled, "it is kept as it was found"
    await journal.close()
    assert not any("mended" in name for name in names_in(tmp_path)), "nor is a copy left"


async def test_a_bad_first_page_and_another_one_cost_what_stood_on_that(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    name = await filled(path, 400)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size // 8192 // 2 * 8192)
        file.write(random.Random(7).randbytes(8192))
    spoil_first_page(path, "noise")
    journal = open_journal(path, committed=ignore)
    read, damage = await everything(journal), await journal.damage()
    assert (journal.name, journal.head) == (name, 400)
    assert 390 <= len(read) < 400
    assert damage.lost_entries == 400 - len(read)
    assert {part.site for part in damage.lost} <= {"ba-dinh", "hoan-kiem"}
    await journal.close()


async def test_a_bad_first_page_of_a_journal_that_grew_up_costs_no_entry(tmp_path: Path) -> None:
    """A file filled by an earlier collector has its later tables at other pages."""
    path = tmp_path / "journal.sqlite"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA page_size = 8192")
        connection.executescript(sqlite_tables._STEPS[0] + "PRAGMA user_version = 1;")
        connection.execute("INSERT INTO journal VALUES ('grown')")
        connection.executemany(
            "INSERT INTO entries (site, stream, number, digest, layout, received_ns, epoch_ns, "
            "clock, body) VALUES ('ba-dinh', 'a', ?, ?, x'', 1, 0, 'trusted', ?)",
            [(number, digest_of(b"x" * 4000), b"x" * 4000) for number in range(1, 101)],
        )
    journal = open_journal(path, committed=ignore)
    for number in range(1, 61):
        await journal.append(entry(number, site="hoan-kiem", body=b"y" * 4000))
    await journal.commit("slow", 10)
    await journal.close()
    spoil_first_page(path, "noise")
    journal = open_journal(path, committed=ignore)
    assert (journal.name, journal.head, len(await everything(journal))) == ("grown", 160, 160)
    assert (await journal.cursor("slow")).sequence == 10
    damage = await journal.damage()
    assert damage.lost_entries == 0, "nothing of another table is taken for losses"
    assert {part.forgotten for part in damage.lost} <= {
        "tallies",
        "retried",
        "damage",
        "generations",
    }
    await journal.close()


@pytest.mark.parametrize("at", [0, 8192 * 3])
async def test_a_damaged_journal_of_a_newer_collector_is_left_alone(
    tmp_path: Path, at: int
) -> None:
    path = tmp_path / "journal.sqlite"
    await filled(path, 60)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("ALTER TABLE journal ADD COLUMN place TEXT NOT NULL DEFAULT ''")
        connection.execute("UPDATE journal SET version = 99")
        connection.execute("PRAGMA user_version = 99")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    data = path.read_bytes()
    noise = random.Random(5).randbytes(8192)
    path.write_bytes(data[:at] + noise + data[at + 8192 :])
    bytes_before = path.read_bytes()
    with pytest.raises(JournalError, match=r"version 99.*install the newer collector again"):
        open_journal(path, committed=ignore)
    assert path.read_bytes() == bytes_before
    assert names_in(tmp_path) <= {path.name, f"{path.name}-wal", f"{path.name}-shm"}


async def test_a_journal_whose_entries_are_unreadable_reports_each_one_as_lost(
    tmp_path: Path,
) -> None:
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


@pytest.mark.parametrize("header", ["whole", "spoiled"])
async def test_the_log_of_a_file_that_lost_its_content_is_read_and_kept_and_losses_recorded(
    tmp_path: Path, header: str
) -> None:
    running = open_journal(tmp_path / "running.sqlite", committed=ignore)
    for number in range(1, 31):
        await running.append(entry(number))
    log = (tmp_path / "running.sqlite-wal").read_bytes()
    await running.close()
    if header == "spoiled":
        log = b"\xa5" * 32 + log[32:]
    path = tmp_path / "journal.sqlite"
    path.touch()
    (tmp_path / "journal.sqlite-wal").write_bytes(log)
    journal = open_journal(path, committed=ignore)
    assert journal.quarantined is not None
    kept = journal.quarantined.with_name(journal.quarantined.name + "-wal")
    assert kept.read_bytes() == log
    damage = await journal.damage()
    assert damage.found_ns > 0
    assert {part.forgotten for part in damage.lost} >= {"journal", "cursors"}
    assert (damage.lost_entries, len(await everything(journal))) == (0, 30)
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


async def test_a_file_that_is_not_a_database_is_kept_and_reported_as_lost(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(b"not a database" * 1000)
    journal = open_journal(path, committed=ignore)
    assert journal.quarantined is not None
    damage = await journal.damage()
    assert damage.found_ns > 0
    assert [part.last for part in damage.lost] == [0]
    await journal.close()
