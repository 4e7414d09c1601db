"""A damaged spool file: what can be read arrives, the rest is named, and no kill changes that."""

import errno
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import msgspec
import pytest

from tests.agent.spool.drainer import Drained, drain
from tests.agent.spool.making import CollectedRecord, change, opened, places, result, wordy_result
from tests.disk_faults import Fault, FaultyDisk
from tests.fakes.clock import FakeClock
from thongsuot_agent.spool.disk import SCHEMA_VERSION, Disk
from thongsuot_agent.spool.disk_executor import DiskExecutor
from thongsuot_agent.spool.spool import Spool
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.batch.record_report import parse_lost

BATCHES = 24
PAGE_BYTES = 4096
MOST_ON_A_PAGE = 3
"""A batch takes half a page and more."""


async def outage(root: Path) -> Spool:
    """Return an open record with ``BATCHES`` batches, each with the result of its number."""
    clock = FakeClock()
    spool = await opened(root, clock, disk_after_s=1.0)
    for number in range(1, BATCHES + 1):
        spool.add_entry(result(number))
        for more in range(20):
            spool.add_entry(wordy_result(100_000 + number * 100 + more))
        if number % 10 == 0:
            spool.add_entry(change(number))
        clock.advance(15)
        spool.seal()
        if number % 4 == 0:
            await spool.maintain()
    clock.advance(60)
    await spool.maintain()
    return spool


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of such a record, whose process has ended."""
    root = tmp_path_factory.mktemp("recorded")
    done = subprocess.run(
        [sys.executable, "-c", f"import asyncio, pathlib\n{_MAKE}", str(root)], check=False
    )
    assert done.returncode == 0
    return root


_MAKE = """
import sys
from tests.agent.spool.test_salvage import outage

async def make():
    spool = await outage(pathlib.Path(sys.argv[1]))
    await spool.close()

asyncio.run(make())
"""


def copied(recorded: Path, root: Path) -> Path:
    """Copy a record; return its spool file."""
    shutil.copytree(recorded, root, dirs_exist_ok=True)
    return places(root).spool_file


def spoil(file: Path, page: int) -> None:
    """Let a card return other bytes for a page."""
    with file.open("r+b") as opened_file:
        opened_file.seek(page * PAGE_BYTES)
        opened_file.write(b"\xa5" * PAGE_BYTES)


def named(drained: Drained) -> set[int]:
    """Return the numbers of the batches that the record says are lost."""
    numbers: set[int] = set()
    for text in drained.lost:
        lost = parse_lost(Notice(code=NoticeCode.BATCHES_LOST, boottime_ns=0, text=text))
        assert lost is not None
        numbers |= set(range(lost.first, (lost.last or BATCHES) + 1))
    return numbers


def check(drained: Drained) -> set[int]:
    """Return what has not arrived: all of it is named."""
    arrived = {serial for serial in drained.serials if serial < 100_000}
    missing = set(range(1, BATCHES + 1)) - arrived
    assert missing <= named(drained)
    return missing


def root_of_batches(file: Path) -> int:
    with sqlite3.connect(file) as source:
        (root,) = source.execute(
            "SELECT rootpage FROM sqlite_schema WHERE name = 'batches'"
        ).fetchone()
    source.close()
    return int(root) - 1


async def test_one_bad_page_costs_what_is_on_it(recorded: Path, tmp_path: Path) -> None:
    file = places(recorded).spool_file
    pages = file.stat().st_size // PAGE_BYTES
    assert pages > BATCHES
    table = root_of_batches(file)
    for page in range(pages):
        root = tmp_path / str(page)
        spoil(copied(recorded, root), page)
        drained = await drain(root)
        missing = check(drained)
        if page != table:
            assert len(missing) <= MOST_ON_A_PAGE, page
        assert len(drained.set_aside) <= 1
        shutil.rmtree(root)


def run_drainer(root: Path, *killed_at: int) -> bytes | None:
    """Return what a process has handed over; ``None``: it was killed."""
    command = [sys.executable, "-m", "tests.agent.spool.drainer", str(root), *map(str, killed_at)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    if done.returncode == -signal.SIGKILL:
        return None
    assert done.returncode == 0
    return done.stdout


def test_a_kill_between_any_two_steps_loses_nothing_more(recorded: Path, tmp_path: Path) -> None:
    whole = tmp_path / "whole"
    spoil(copied(recorded, whole), 20)
    expected = run_drainer(whole)
    assert expected is not None
    lost = msgspec.json.decode(expected, type=Drained).lost
    assert lost
    kills = 0
    for number in range(1, 20):
        root = tmp_path / str(number)
        file = copied(recorded, root)
        spoil(file, 20)
        if run_drainer(root, number) is not None:
            break  # it is done before so many steps
        kills += 1
        after = run_drainer(root)
        assert after is not None
        drained = msgspec.json.decode(after, type=Drained)
        check(drained)
        assert set(lost) >= set(drained.lost)
        assert not list(file.parent.glob("spool.db.part*"))
        assert not list(file.parent.glob("spool.db.new-*"))
    assert kills > 2


def test_a_sector_that_cannot_be_read_costs_what_is_on_it(recorded: Path, tmp_path: Path) -> None:
    file = copied(recorded, tmp_path)
    disk = FaultyDisk(tmp_path)
    sector = Fault(
        operation="read20", number=errno.EIO, part=f"state/spool.db#{file.stat().st_ino}"
    )
    with disk.preloaded(), disk.failing(sector):
        output = run_drainer(tmp_path)
    assert output is not None
    drained = msgspec.json.decode(output, type=Drained)
    assert 0 < len(check(drained)) <= MOST_ON_A_PAGE
    assert len(drained.set_aside) == 1


async def test_a_removed_file_is_written_again(tmp_path: Path) -> None:
    spool = await outage(tmp_path)
    file = places(tmp_path).spool_file
    for path in file.parent.glob("spool.db*"):
        path.unlink()
    await spool.close()
    assert file.exists()
    drained = await drain(tmp_path)
    assert check(drained) == set()
    assert drained.lost == ()


async def test_a_file_without_content_is_announced(recorded: Path, tmp_path: Path) -> None:
    file = copied(recorded, tmp_path)
    file.write_bytes(b"")
    drained = await drain(tmp_path)
    assert len(drained.set_aside) == 1
    assert check(drained) == set(range(1, BATCHES + 1))


async def test_a_file_of_a_later_version_is_set_aside_as_it_is(
    recorded: Path, tmp_path: Path
) -> None:
    file = copied(recorded, tmp_path)
    with sqlite3.connect(file) as later:
        later.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
        later.execute("ALTER TABLE batches RENAME TO pushes")
    later.close()
    content = file.read_bytes()
    drained = await drain(tmp_path)
    (name,) = drained.set_aside
    assert file.with_name(name).read_bytes() == content
    assert check(drained) == set(range(1, BATCHES + 1))


async def test_only_the_newest_damaged_files_are_kept(recorded: Path, tmp_path: Path) -> None:
    file = copied(recorded, tmp_path)
    for year in range(2021, 2026):
        file.with_name(f"spool.db.torn-{year}0101T000000Z").write_bytes(b"damaged")
    spoil(file, 20)
    drained = await drain(tmp_path)
    kept = sorted(path.name for path in file.parent.glob("spool.db.torn-*"))
    assert kept == ["spool.db.torn-20250101T000000Z", *drained.set_aside]


async def test_a_file_that_somebody_puts_in_its_place_is_set_aside(tmp_path: Path) -> None:
    spool = await outage(tmp_path)
    file = places(tmp_path).spool_file
    other = file.with_name("other")
    other.write_bytes(b"not a spool")
    other.rename(file)
    spool.seal()
    collected = CollectedRecord()
    await collected.accept_all(spool)
    spool.seal()
    await collected.accept_all(spool)
    assert {serial for serial in collected.serials() if serial < 100_000} == set(
        range(1, BATCHES + 1)
    )
    (name,) = collected.notices(NoticeCode.SPOOL_TRUNCATED.value)
    assert file.with_name(name).read_bytes() == b"not a spool"
    await spool.close()


async def test_a_disk_that_takes_no_writes_afterwards_is_still_read(
    recorded: Path, tmp_path: Path
) -> None:
    file = copied(recorded, tmp_path)
    spoil(file, 20)
    reported: list[NoticeCode] = []
    executor = DiskExecutor(file, lambda code, _: reported.append(code))
    await executor.run(Disk.known_streams, is_reading=True)
    assert set(reported) == {NoticeCode.SPOOL_TRUNCATED, NoticeCode.BATCHES_LOST}
    told = len(reported)
    with closing(sqlite3.connect(file)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert await executor.run(lambda disk: disk.oldest(5), is_reading=True)
        # Work that is done is not undone because the report cannot be forgotten.
        assert await executor.run(lambda disk: disk.oldest(5))
    await executor.run(Disk.totals)
    await executor.close()
    again = DiskExecutor(file, lambda code, _: reported.append(code))
    await again.run(Disk.totals)
    await again.close()
    assert len(reported) == told, "it is reported once"
