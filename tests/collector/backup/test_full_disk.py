"""Commands that copy the record, on a full disk: they say so, and leave nothing half-made."""

import errno
import os
import random
import re
import resource
import sqlite3
import subprocess
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from tests.collector.app.process import PROGRAM
from tests.collector.journal.journal_contract import entry
from tests.disk_faults import Fault, FaultyDisk
from thongsuot_collector.journal.sqlite import open_journal
from thongsuot_collector.store import tokens
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.store.former_copy import former_copies

GOLDEN = Path(__file__).parents[2] / "golden" / "store"


@pytest.fixture
async def config(tmp_path: Path) -> Path:
    """A collector that has run: with a journal and a store."""
    state = tmp_path / "state"
    journal = open_journal(state / "journal.sqlite", committed=lambda _jobs, _s: None)
    for number in range(1, 101):
        await journal.append(entry(number, body=b"x" * 4000))
    await journal.close()
    store = open_store(state / "store.sqlite")
    tokens.create(store, "hoan-kiem")
    store.dispose()
    config = tmp_path / "collector.toml"
    config.write_text('state_dir = "state"\n[listen]\naddress = "127.0.0.1:0"\n')
    return config


def run(
    words: Sequence[object], disk: FaultyDisk, *, most_bytes: int = resource.RLIM_INFINITY
) -> subprocess.CompletedProcess[str]:
    """Run a command; a file of more bytes is refused."""
    size = f"--fsize={most_bytes if most_bytes > 0 else 'unlimited'}"
    return subprocess.run(
        ["prlimit", size, PROGRAM, *map(str, words)],
        env={**os.environ, **disk.environment, "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def check_refused(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 1, done.stderr
    assert "Traceback" not in done.stderr
    assert re.search("No space left|is full|file too large", done.stderr), done.stderr


def full(part: str) -> Fault:
    return Fault(operation="write", number=errno.ENOSPC, part=part)


def test_a_backup_for_which_there_is_no_room_is_none(config: Path, tmp_path: Path) -> None:
    disk, into = FaultyDisk(tmp_path), tmp_path / "backups"
    words = ["backup", "--config", config, "--to", into]
    with disk.failing(full("backups/")):
        done = run(words, disk)
        check_refused(done)
    assert "is damaged" not in done.stderr, "the source is intact"
    done = run(words, disk)
    assert done.returncode == 0, done.stderr


def test_a_restore_for_which_there_is_no_room_can_be_made_again(
    config: Path, tmp_path: Path
) -> None:
    disk, into = FaultyDisk(tmp_path), tmp_path / "backups"
    assert run(["backup", "--config", config, "--to", into], disk).returncode == 0
    (backup,) = into.iterdir()
    root = tmp_path / "new"
    words = ["restore", backup, "--root", root]
    check_refused(run(words, disk, most_bytes=100_000))
    left = [file for file in root.rglob("*sqlite*") if file.is_file()]
    assert {file.name for file in left} == {"journal.sqlite.restoring", "store.sqlite.restoring"}
    assert not [file for file in left if file.stat().st_mode & 0o077], "it is as secret as a whole"
    done = run(words, disk)
    assert done.returncode == 0, done.stderr


def test_a_command_that_cannot_write_says_so_in_one_sentence(config: Path, tmp_path: Path) -> None:
    disk, store = FaultyDisk(tmp_path), config.parent / "state" / "store.sqlite"
    for words in (["token", "create", "ba-dinh"], ["verify"]):
        with disk.failing(full("store.sqlite-" + ("shm" if words == ["verify"] else "wal"))):
            done = run([*words, "--config", config], disk)
        assert (done.returncode, len(done.stderr.splitlines())) == (1, 1), done.stderr
        assert re.search("is full|disk I/O error", done.stderr)
        assert "DAMAGED" not in done.stdout
    assert tokens_in(store) == ["hoan-kiem"]


@pytest.mark.parametrize("part", [".version-9-", "store.sqlite-wal"])
def test_a_store_for_whose_migration_there_is_no_room_is_migrated_by_the_next_start(
    config: Path, tmp_path: Path, part: str
) -> None:
    disk, store = FaultyDisk(tmp_path), config.parent / "state" / "store.sqlite"
    store.unlink()
    with closing(sqlite3.connect(store)) as connection:
        connection.executescript((GOLDEN / "version-9.sql").read_text("utf-8"))
        before = list(connection.iterdump())
    with disk.failing(full(part)):
        check_refused(run(["token", "list", "--config", config], disk))
    with closing(sqlite3.connect(store)) as connection:
        assert list(connection.iterdump()) == before
    assert run(["token", "list", "--config", config], disk).returncode == 0
    (copy,) = former_copies(store)
    assert copy.store_version == 9


def tokens_in(store: Path) -> list[str]:
    with closing(sqlite3.connect(store)) as connection:
        return [row[0] for row in connection.execute("SELECT site FROM tokens")]


def spoil(path: Path, page: int) -> bytes:
    """Damage a page of a file; return all of its bytes."""
    page_bytes = int.from_bytes(path.read_bytes()[16:18], "big")
    with path.open("r+b") as file:
        file.seek(page * page_bytes)
        file.write(random.Random(1).randbytes(page_bytes))
    return path.read_bytes()


@pytest.mark.parametrize(("name", "page"), [("journal.sqlite", 20), ("store.sqlite", 0)])
def test_a_salvage_for_which_there_is_no_room_leaves_the_damaged_file_as_it_is(
    config: Path, tmp_path: Path, name: str, page: int
) -> None:
    disk, damaged = FaultyDisk(tmp_path), config.parent / "state" / name
    before, target = spoil(damaged, page), tmp_path / "salvaged.sqlite"
    words = ["salvage", damaged, "--to", target]
    with disk.failing(full("salvaged.sqlite")):
        check_refused(run(words, disk))
    assert damaged.read_bytes() == before
    assert not list(tmp_path.glob("salvaged*")), "the half of it would be taken for all"
    assert "salvaged.sqlite: " in run(words, disk).stdout


@pytest.mark.parametrize(("name", "page"), [("journal.sqlite", 0), ("store.sqlite", 9)])
def test_a_start_that_has_no_room_to_recover_leaves_the_damaged_file_as_it_is(
    config: Path, tmp_path: Path, name: str, page: int
) -> None:
    disk, damaged = FaultyDisk(tmp_path), config.parent / "state" / name
    before = spoil(damaged, page)
    with disk.failing(full(f"{name}.recovered")):
        check_refused(run(["run", "--config", config], disk))
    assert damaged.read_bytes() == before
    assert not list(damaged.parent.glob("*.recovered*"))
