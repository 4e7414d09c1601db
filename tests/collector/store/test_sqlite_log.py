"""
A frame of the log is spoiled, and the collector is killed: the transactions behind it are read.
"""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.collector.journal.journal_contract import entry, everything
from thongsuot_collector.journal.sqlite import open_journal
from thongsuot_collector.store import sqlite_log, tokens
from thongsuot_collector.store.engine import open_store

FRAME = 24 + 8192


def ignore(_jobs: int, _took_s: float) -> None:
    """Nobody listens to the commits."""


async def killed(folder: Path, *, appends: int) -> Path:
    """Return a journal as a killed collector leaves it: its entries are in the log."""
    journal = open_journal(folder / "working.sqlite", committed=ignore)
    for number in range(1, appends + 1):
        await journal.append(entry(number, body=os.urandom(3_000)))
    await journal.commit("slow", 3)
    path = folder / "journal.sqlite"
    for suffix in ("", "-wal"):
        shutil.copyfile(folder / f"working.sqlite{suffix}", folder / f"{path.name}{suffix}")
    await journal.close()
    return path


def frames_in(path: Path) -> int:
    return (sqlite_log.log_of(path).stat().st_size - 32) // FRAME


def spoil(path: Path, frame: int, at: int) -> None:
    """Write noise somewhere into a frame, counted from 0: into its header, or its page."""
    with sqlite_log.log_of(path).open("r+b") as log:
        log.seek(32 + frame * FRAME + at)
        log.write(os.urandom(8))


@pytest.mark.parametrize("at", [0, 16, 24, 4_000], ids=["number", "checksum", "begin", "middle"])
async def test_transactions_behind_a_bad_frame_are_recovered_and_what_is_lost_is_named(
    tmp_path: Path, at: int
) -> None:
    whole = await killed(tmp_path, appends=40)
    frames = frames_in(whole)
    for frame in range(0, frames - 1, 5):
        path = tmp_path / str(frame) / "journal.sqlite"
        path.parent.mkdir()
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{whole}{suffix}", f"{path}{suffix}")
        spoil(path, frame, at)
        journal = open_journal(path, committed=ignore)
        there = {kept.entry.number for kept in await everything(journal)}
        damage = await journal.damage()
        named = {
            number
            for part in damage.lost
            for number in range(part.first_number, part.last_number + 1)
        } - {0}
        await journal.close()
        assert journal.quarantined is not None
        assert set(range(1, 41)) - there == named, frame
        assert len(there) >= 38, frame


async def test_a_transaction_that_was_not_complete_is_no_damage(tmp_path: Path) -> None:
    path = await killed(tmp_path, appends=40)
    spoil(path, frames_in(path) - 1, 4_000)
    journal = open_journal(path, committed=ignore)
    assert journal.quarantined is None
    assert (len(await everything(journal)), (await journal.cursor("slow")).sequence) == (40, 0)
    await journal.close()


async def test_what_is_no_log_has_no_transactions(tmp_path: Path) -> None:
    path = await killed(tmp_path, appends=5)
    log = sqlite_log.log_of(path)
    whole = log.read_bytes()
    assert sqlite_log.has_dropped_commits(path, used=0)
    for other in (b"", whole[:20], whole[:32], bytes(len(whole))):
        log.write_bytes(other)
        assert not sqlite_log.has_dropped_commits(path, used=0)


SPOILED_HEADERS = {
    "all": lambda log: b"\xa5" * 32 + log[32:],
    "zeros": lambda log: bytes(32) + log[32:],
    "magic": lambda log: b"\0\0\0\0" + log[4:],
    "page size": lambda log: log[:8] + bytes(4) + log[12:],
    "salts": lambda log: log[:16] + bytes(8) + log[24:],
    "checksum": lambda log: log[:24] + bytes(8) + log[32:],
    "sector": lambda log: b"\xa5" * 512 + log[512:],
    "page": lambda log: b"\xa5" * 4096 + log[4096:],
    "two pages": lambda log: bytes(16384) + log[16384:],
}


@pytest.mark.parametrize("spoiled", SPOILED_HEADERS)
async def test_the_transactions_of_a_log_with_a_bad_header_are_recovered(
    tmp_path: Path, spoiled: str
) -> None:
    """SQLite takes it for an empty log, and begins it again."""
    path = await killed(tmp_path, appends=40)
    log = sqlite_log.log_of(path)
    log.write_bytes(SPOILED_HEADERS[spoiled](log.read_bytes()))
    before = log.read_bytes()
    journal = open_journal(path, committed=ignore)
    there = {kept.entry.number for kept in await everything(journal)}
    damage = await journal.damage()
    await journal.close()
    assert journal.quarantined is not None
    kept_log = sqlite_log.log_of(journal.quarantined)
    assert kept_log.read_bytes() == before
    named = {
        number for part in damage.lost for number in range(part.first_number, part.last_number + 1)
    } - {0}
    assert set(range(1, 41)) - there == named
    assert len(there) >= 39


@pytest.mark.parametrize("at", [0, 32 + 3 * (24 + 4096)], ids=["header", "frame"])
def test_transactions_of_a_store_behind_a_bad_place_in_its_log_are_recovered(
    tmp_path: Path, at: int
) -> None:
    store = open_store(tmp_path / "working.sqlite")
    path = tmp_path / "store.sqlite"
    with store.connect() as connection:  # the log is not folded into the file meanwhile
        connection.exec_driver_sql("SAVEPOINT snapshot")
        connection.exec_driver_sql("SELECT count(*) FROM tokens")
        secrets = [tokens.create(store, f"site-{number}") for number in range(20)]
        for suffix in ("", "-wal"):
            shutil.copyfile(tmp_path / f"working.sqlite{suffix}", f"{path}{suffix}")
    store.dispose()
    with sqlite_log.log_of(path).open("r+b") as log:
        log.seek(at)
        log.write(os.urandom(32))
    spoiled = sqlite_log.log_of(path).read_bytes()
    store = open_store(path)
    sites = [tokens.site_of(store, tokens.digest_of(secret.encode())) for secret in secrets]
    store.dispose()
    assert sites == [f"site-{number}" for number in range(20)]
    (kept,) = tmp_path.glob("store.sqlite.damaged-*-wal")
    assert kept.read_bytes() == spoiled


async def test_a_log_that_was_begun_again_gives_its_new_frames_alone(tmp_path: Path) -> None:
    """The frames behind these are older than what the file has."""
    path, copy = tmp_path / "journal.sqlite", tmp_path / "copy" / "journal.sqlite"
    journal = open_journal(path, committed=ignore)
    for number in range(1, 21):
        await journal.append(entry(number, body=os.urandom(3_000)))
    await journal.commit("slow", 3)
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        assert connection.execute("PRAGMA wal_checkpoint(RESTART)").fetchone()[0] == 0
        await journal.commit("slow", 17)
        copy.parent.mkdir()
        for suffix in ("", "-wal"):
            shutil.copyfile(f"{path}{suffix}", f"{copy}{suffix}")
    await journal.close()
    log = sqlite_log.log_of(copy)
    frame = [log.read_bytes()[32 + number * FRAME :][:24] for number in range(3)]
    assert frame[0][8:16] != frame[1][8:16] == frame[2][8:16]
    log.write_bytes(bytes(32) + log.read_bytes()[32:])
    journal = open_journal(copy, committed=ignore)
    assert journal.quarantined is not None
    assert (len(await everything(journal)), (await journal.cursor("slow")).sequence) == (20, 17)
    assert (await journal.damage()).lost_entries == 0
    await journal.close()


async def test_frames_of_a_log_that_a_writer_begins_again_are_not_dropped(tmp_path: Path) -> None:
    path = await killed(tmp_path, appends=5)
    index = path.with_name(f"{path.name}-shm")
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        assert connection.execute("SELECT count(*) FROM entries").fetchone() == (5,)
        whole = index.read_bytes()
        for salts, dropped in ((whole[32:40], 1), (b"new salt", None)):
            # As it is before the writer's first frame: none is in use.
            changed = whole[:16] + bytes(4) + whole[20:32] + salts + whole[40:]
            with index.open("r+b") as opened:
                opened.write(changed)
            assert sqlite_log.drops_commits(path) == dropped
        with index.open("r+b") as opened:
            opened.write(whole)


async def test_a_mended_log_is_read_by_its_owner_alone(tmp_path: Path) -> None:
    path = await killed(tmp_path, appends=5)
    log = sqlite_log.log_of(path)
    frames = frames_in(path)
    log.chmod(0o644)
    assert sqlite_log.mend_log(path, used=2) == frames - 2
    assert log.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(("commits", "has_dropped"), [(0, False), (1, False), (2, True)])
async def test_frames_of_a_transaction_without_its_end_are_no_dropped_transactions(
    tmp_path: Path, commits: int, *, has_dropped: bool
) -> None:
    """The last one that ends may be incomplete: a second begins only when it is on the disk."""
    path = await killed(tmp_path, appends=5)
    frames = frames_in(path)
    with sqlite_log.log_of(path).open("r+b") as log:
        for frame in range(frames):
            log.seek(32 + frame * FRAME + 4)
            log.write((frame + 1 if frame >= frames - commits else 0).to_bytes(4, "big"))
    assert sqlite_log.has_dropped_commits(path, used=0) is has_dropped
