"""``verify`` reads every page of both files, names what is damaged, and changes nothing."""

import errno
import json
import os
import shutil
import sqlite3
import subprocess
import threading
from contextlib import closing
from pathlib import Path

import pytest

from tests.collector.app.process import PROGRAM
from tests.collector.cli.test_journal import say
from tests.collector.journal.test_hash_chain import keep, sealed
from tests.disk_faults import Fault, FaultyDisk
from thongsuot_collector.journal.sqlite import open_journal
from thongsuot_collector.store import tokens
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.store.sqlite_file import check_file, mark_damaged
from thongsuot_collector.store.sqlite_integrity import find_damage
from thongsuot_collector.store.sqlite_log import drops_commits, log_of

FILES = ["journal.sqlite", "store.sqlite"]


@pytest.fixture
async def config(tmp_path: Path) -> Path:
    """The configuration of a collector that has run, with all pages in its two files."""
    folder = tmp_path / "whole"
    state = folder / "state"
    state.mkdir(parents=True)
    await keep(state / "journal.sqlite", sealed("hoan-kiem", 20))
    store = open_store(state / "store.sqlite")
    tokens.create(store, "hoan-kiem")
    store.dispose()
    for name in FILES:
        assert not log_of(state / name).exists()
    path = folder / "collector.toml"
    path.write_text('state_dir = "state"\n')
    return path


def page_bytes_of(file: Path) -> int:
    with closing(sqlite3.connect(file)) as connection:
        return int(connection.execute("PRAGMA page_size").fetchone()[0])


def spoil(file: Path, page: int, page_bytes: int) -> bytes:
    """Let a disk return other bytes for a page, counted from 0; return the whole file."""
    with file.open("r+b") as opened:
        opened.seek(page * page_bytes)
        opened.write(b"\xa5" * page_bytes)
    return file.read_bytes()


def root_of(file: Path, name: str) -> int:
    """Return the first page of a table or an index, counted from 0."""
    with closing(sqlite3.connect(file)) as connection:
        query = "SELECT rootpage FROM sqlite_schema WHERE name = ?"
        return int(connection.execute(query, (name,)).fetchone()[0]) - 1


@pytest.mark.parametrize("name", FILES)
def test_each_bad_page_is_noticed_and_the_file_stays_as_it_is(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert say(capsys, "verify", "--config", config)[0] == 0
    whole = config.parent / "state" / name
    page_bytes = page_bytes_of(whole)
    pages = whole.stat().st_size // page_bytes
    assert pages > 10
    for page in range(pages):
        folder = tmp_path / str(page)
        shutil.copytree(config.parent, folder)
        file = folder / "state" / name
        before = spoil(file, page, page_bytes)
        status, out, _ = say(capsys, "verify", "--config", folder / "collector.toml")
        assert status == 1, page
        assert f"{file}: " in out, page
        assert file.read_bytes() == before, page
        assert not list(file.parent.glob("*.damaged*")), page
        shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("name", "what", "table"),
    [
        ("journal.sqlite", "entries", "entries"),
        ("journal.sqlite", "entries_identity", "entries"),
        ("store.sqlite", "tokens", "tokens"),
        ("store.sqlite", "audit", "audit"),
    ],
)
def test_the_table_of_a_bad_page_is_named(
    config: Path, capsys: pytest.CaptureFixture[str], name: str, what: str, table: str
) -> None:
    file = config.parent / "state" / name
    spoil(file, root_of(file, what), page_bytes_of(file))
    status, out, err = say(capsys, "verify", "hoan-kiem", "--json", "--config", config)
    report = json.loads(out)
    assert (status, report["is_intact"], report["streams"]) == (1, False, [])
    (damage,) = report["damaged"]
    assert (damage["file"], damage["tables"]) == (str(file), [table])
    assert damage["finding"]
    assert "salvage" in err


def test_an_index_that_lacks_a_row_is_found(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each page of it is valid; a start does not compare them."""
    file = config.parent / "state" / "journal.sqlite"
    of_index = "name = 'entries_identity'"
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("PRAGMA writable_schema = ON")
        index = connection.execute(f"SELECT * FROM sqlite_schema WHERE {of_index}").fetchone()
        connection.execute(f"DELETE FROM sqlite_schema WHERE {of_index}")
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("UPDATE entries SET number = 99 WHERE number = 7")
        connection.execute("PRAGMA writable_schema = ON")
        connection.execute("INSERT INTO sqlite_schema VALUES (?, ?, ?, ?, ?)", index)
    check_file(file)
    status, out, _ = say(capsys, "verify", "--config", config)
    assert (status, f"{file}: tables entries: " in out) == (1, True), out


def test_a_file_marked_as_damaged_or_emptied_is_named_before_it_is_opened(
    config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = config.parent / "state"
    mark_damaged(state / "store.sqlite", OSError("page 7"))
    journal = state / "journal.sqlite"
    journal.write_bytes(b"")
    log_of(journal).write_bytes(b"of the last transactions")
    status, out, _ = say(capsys, "verify", "--config", config)
    assert status == 1
    assert "page 7" in out
    assert str(journal) in out
    assert (journal.read_bytes(), log_of(journal).read_bytes()) == (
        b"",
        b"of the last transactions",
    )


def test_a_page_that_the_disk_does_not_return_is_named(config: Path, tmp_path: Path) -> None:
    disk, file = FaultyDisk(tmp_path), config.parent / "state" / "store.sqlite"
    with disk.failing(Fault(operation="read7", number=errno.EIO, part="store.sqlite")):
        done = subprocess.run(
            [PROGRAM, "verify", "--config", config],
            env={**os.environ, **disk.environment, "LANG": "C.UTF-8"},
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
    assert done.returncode == 1, done.stderr
    assert f"DAMAGED: {file}: tables " in done.stdout, done.stdout + done.stderr
    assert "unable to get the page" in done.stdout


@pytest.mark.parametrize("name", FILES)
def test_a_log_with_a_bad_frame_is_named_and_stays_as_it_is(
    config: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    """SQLite would drop what stands behind it, and delete it with the log."""
    file = config.parent / "state" / name
    killed = tmp_path / name
    with closing(sqlite3.connect(file)) as connection:
        for number in range(5):
            connection.execute(f"CREATE TABLE added_{number} (x)")
        for part in (file, log_of(file)):
            shutil.copyfile(part, killed.with_name(part.name))
    for part in (file, log_of(file)):
        shutil.copyfile(killed.with_name(part.name), part)
    with log_of(file).open("r+b") as log:
        log.seek(32 + 24 + 100)
        log.write(os.urandom(8))
    before = log_of(file).read_bytes()
    status, out, _ = say(capsys, "verify", "--config", config)
    assert (status, f"{file}: " in out) == (1, True), out
    assert log_of(file).read_bytes() == before


async def test_what_is_written_meanwhile_is_no_damage(tmp_path: Path) -> None:
    path = tmp_path / "journal.sqlite"
    journal = open_journal(path, committed=lambda _jobs, _took_s: None)
    stop = threading.Event()

    def write() -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA synchronous = OFF")
            while not stop.is_set():
                connection.execute("UPDATE cursors SET sequence = 0")
                connection.execute("INSERT INTO generations (id, head) VALUES ('', 0)")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert [drops_commits(path) for _ in range(200)] == [None] * 200
        assert find_damage(path) is None
    finally:
        stop.set()
        writer.join()
        await journal.close()
