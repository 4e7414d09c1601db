"""``salvage``: what a damaged file still holds, in a new one, with the names of what is lost."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.collector.cli.test_journal import say
from tests.collector.journal.journal_contract import entry
from thongsuot_collector.journal.sqlite import open_journal
from thongsuot_collector.store import tokens
from thongsuot_collector.store.engine import open_store

ENTRIES = 300


async def damaged_journal(path: Path) -> None:
    """Make a journal, and overwrite the page that holds one of its entries."""
    journal = open_journal(path, committed=lambda _jobs, _took_s: None)
    for number in range(1, ENTRIES + 1):
        await journal.append(entry(number, body=f"body {number} ".encode() * 200))
    await journal.close()
    break_page_with(path, b"body 150 " * 20)


def break_page_with(path: Path, text: bytes) -> None:
    with closing(sqlite3.connect(path)) as connection:
        page_bytes = connection.execute("PRAGMA page_size").fetchone()[0]
    place = path.read_bytes().index(text)
    with path.open("r+b") as file:
        file.seek(place // page_bytes * page_bytes)
        file.write(os.urandom(page_bytes))


async def test_the_readable_part_of_a_damaged_journal_is_copied_and_the_rest_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    damaged, target = tmp_path / "journal.sqlite", tmp_path / "new.sqlite"
    await damaged_journal(damaged)
    before = damaged.read_bytes()
    status, out, _ = say(capsys, "salvage", damaged, "--to", target)
    assert status == 1, "something is lost"
    assert damaged.read_bytes() == before
    with closing(sqlite3.connect(target)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        kept = {row[0] for row in connection.execute("SELECT number FROM entries")}
    lost = set(range(1, ENTRIES + 1)) - kept
    assert 0 < len(lost) < 20
    assert f"{len(kept)} entries, {len(lost)} lost" in out
    assert f"LOST: hoan-kiem 00112233445566aa: batch {min(lost)}" in out
    # The new file is a journal like any other.
    journal = open_journal(target, committed=lambda _jobs, _took_s: None)
    assert journal.quarantined is None
    assert journal.head == ENTRIES
    await journal.close()


def test_a_store_is_copied_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    damaged, target = tmp_path / "store.sqlite", tmp_path / "new.sqlite"
    store = open_store(damaged)
    secret = tokens.create(store, "hoan-kiem")
    store.dispose()
    status, out, _ = say(capsys, "salvage", damaged, "--to", target)
    assert (status, "0 tables not whole" in out) == (0, True)
    copied = open_store(target)
    assert tokens.site_of(copied, tokens.digest_of(secret.encode())) == "hoan-kiem"
    copied.dispose()


def test_salvage_overwrites_no_file_and_reports_a_file_that_cannot_be_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    noise, target = tmp_path / "noise", tmp_path / "new.sqlite"
    noise.write_bytes(os.urandom(20_000))
    status, _, err = say(capsys, "salvage", noise, "--to", target)
    assert (status, "can be read" in err, target.exists()) == (1, True, False)
    assert say(capsys, "salvage", noise, "--to", noise)[0] == 2
    assert say(capsys, "salvage", tmp_path / "nowhere", "--to", target)[0] == 2
