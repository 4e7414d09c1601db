"""
A frame of the log is spoiled, and the collector is killed: the transactions behind it are read.
"""

import os
import shutil
from pathlib import Path

import pytest

from tests.collector.journal.journal_contract import entry, everything
from thongsuot_collector.journal.sqlite import open_journal
from thongsuot_collector.store import sqlite_log

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
    for spoiled in (b"", whole[:20], b"\0\0\0\0" + whole[4:], whole[:8] + bytes(4) + whole[12:]):
        log.write_bytes(spoiled)
        assert not sqlite_log.has_dropped_commits(path, used=0)


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
