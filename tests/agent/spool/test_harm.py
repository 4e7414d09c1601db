"""
Full and torn files, refused batches, broken results: the record goes on and says what happened.
"""

import os
import sqlite3
from pathlib import Path

import msgspec
import pytest

from tests.agent.spool.making import (
    CollectedRecord,
    change,
    numbers,
    opened,
    places,
    result,
)
from tests.fakes.clock import FakeClock
from thongsuot_agent.spool.rejected import RejectedBatch, Rejection
from thongsuot_schema.batch.limits import TEXT_CHARACTERS
from thongsuot_schema.batch.model import NoticeCode
from thongsuot_schema.verdict import Evidence


async def test_a_runtime_directory_without_room_is_left_for_memory_and_found_again(
    tmp_path: Path, full_disk: Path
) -> None:
    (tmp_path / "run").symlink_to(full_disk)
    spool = await opened(tmp_path)
    spool.add_entry(result(1))
    filler = full_disk / "filler"
    _fill(filler)
    serial = 1
    while not spool.status().is_in_memory:
        serial += 1
        spool.add_entry(result(serial))
        assert serial < 2000, "the directory is full"
    spool.seal()
    filler.unlink()
    spool.add_entry(result(serial + 1))
    spool.seal()
    assert not spool.status().is_in_memory
    spool.add_entry(result(serial + 2))
    spool.seal()
    collected = CollectedRecord()
    await collected.accept_all(spool)
    assert collected.serials() == list(range(1, serial + 3))
    assert len(numbers(collected.ordered)) == 3, "before, in memory, after"
    assert all(
        each == list(range(1, len(each) + 1)) for each in numbers(collected.ordered).values()
    )
    await spool.close()


async def test_streams_keep_their_numbers_through_memory_and_back_to_the_disk(
    tmp_path: Path, full_disk: Path
) -> None:
    (tmp_path / "run").symlink_to(full_disk)
    spool = await opened(tmp_path)
    filler = full_disk / "filler"
    ordinals = []

    def seal_next(serial: int, *, facts: int = 0) -> None:
        evidence = (Evidence(kind="icmp", target="t" * 100),) * facts
        verdict = msgspec.structs.replace(change(serial).verdict, evidence=evidence)
        spool.add_entry(msgspec.structs.replace(change(serial), verdict=verdict))
        spool.seal()
        newest = spool.newest_recent()
        assert newest is not None
        ordinals.append(newest.key.ordinal)

    seal_next(1)
    _fill(filler)
    seal_next(2, facts=100)  # more than the page that the log has: its first entry is refused
    assert spool.status().is_in_memory
    filler.unlink()
    seal_next(3)
    assert not spool.status().is_in_memory
    seal_next(4)
    first = ordinals[0]
    assert ordinals == [first, first + 1, first + 1, first + 2]
    collected = CollectedRecord()
    await collected.accept_all(spool)
    assert collected.change_serials() == [1, 2, 3, 4]
    await spool.maintain()
    with sqlite3.connect(places(tmp_path).spool_file) as db:
        ended = db.execute("SELECT ordinal FROM streams WHERE is_closed = 0").fetchall()
    db.close()
    assert ended == [(first + 2,)], "of the others nothing is missing after a power cut"
    await spool.close()


async def test_acknowledged_batches_are_removed_from_a_full_disk(
    tmp_path: Path, full_disk: Path
) -> None:
    (tmp_path / "state").symlink_to(full_disk)
    spool = await opened(tmp_path)
    for serial in (1, 2, 3):
        spool.add_entry(change(serial))
        spool.seal()
    await spool.maintain()
    assert spool.status().waiting_on_disk == 3
    with (full_disk / "somebody-elses").open("wb") as file:
        # Less is left than the spool leaves free for removing, and enough to remove.
        free_bytes = os.statvfs(full_disk).f_bavail * os.statvfs(full_disk).f_frsize
        file.write(bytes(free_bytes - (200 << 10)))
    collected = CollectedRecord()
    await collected.accept_all(spool)
    assert collected.change_serials() == [1, 2, 3]
    status = spool.status()
    assert (status.waiting_on_disk, status.is_disk_refusing) == (0, False)
    await spool.close()


async def test_a_full_disk_is_reported_once_and_the_record_continues(
    tmp_path: Path, full_disk: Path
) -> None:
    (tmp_path / "state").symlink_to(full_disk)
    fake = FakeClock()
    spool = await opened(tmp_path, fake, disk_after_s=1.0)
    filler = full_disk / "filler"
    _fill(filler)
    for serial in range(1, 9):
        spool.add_entry(result(serial))
        spool.add_entry(change(serial))
        fake.advance(15)
        spool.seal()
        await spool.maintain()
    assert await spool.load_fact("anything") is None
    assert spool.status().is_disk_refusing, "that it can be read does not show that it takes writes"
    assert spool.status().waiting_on_disk == 0
    filler.unlink()
    fake.advance(15)
    spool.seal()
    await spool.maintain()
    assert not spool.status().is_disk_refusing
    assert spool.status().waiting_on_disk >= 8
    spool.seal()
    collected = CollectedRecord()
    await collected.accept_all(spool)
    assert collected.serials() == collected.change_serials() == list(range(1, 9))
    assert len(collected.notices("spool_full")) == 1
    await spool.close()


async def test_a_disk_that_the_record_itself_has_filled_is_free_again_once_all_is_acknowledged(
    tmp_path: Path, full_disk: Path
) -> None:
    (tmp_path / "state").symlink_to(full_disk)
    fake = FakeClock()
    spool = await opened(tmp_path, fake, disk_after_s=1.0)
    (full_disk / "somebody-elses").write_bytes(bytes(450_000))
    serial = 0
    while not spool.status().is_disk_refusing:
        serial += 1
        for _ in range(40):
            spool.add_entry(result(serial))
        fake.advance(15)
        spool.seal()
        await spool.maintain()
        assert serial < 5000, "the disk is full"
    assert serial > 3, "some of it was taken"
    spool.seal()
    await CollectedRecord().accept_all(spool)
    await spool.maintain()
    await spool.maintain()
    status = spool.status()
    assert (status.is_disk_refusing, status.waiting_on_disk, status.waiting_batches) == (
        False,
        0,
        0,
    )
    await spool.close()


@pytest.mark.parametrize("damage", ["header", "page", "truncated"])
async def test_a_torn_file_is_set_aside_and_reported(tmp_path: Path, damage: str) -> None:
    spool = await opened(tmp_path)
    for serial in range(1, 60):
        spool.add_entry(change(serial))
        spool.seal()
    await spool.close()
    file = places(tmp_path).spool_file
    content = bytearray(file.read_bytes())
    if damage == "header":
        content[:16] = b"not a data base!"
    elif damage == "page":
        content[2 * 4096 : 3 * 4096] = b"\xa5" * 4096
    else:
        del content[len(content) // 2 :]
    file.write_bytes(content)
    after = await opened(tmp_path)
    after.add_entry(result(100))
    after.seal()
    await after.maintain()
    torn = [path.name for path in file.parent.iterdir() if ".torn-" in path.name]
    assert len(torn) == 1
    assert torn[0].startswith("spool.db.torn-20")
    collected = CollectedRecord()
    await collected.accept_all(after)
    assert collected.notices("spool_truncated") == torn
    assert collected.serials() == [100]
    await after.close()


async def test_a_refused_batch_is_set_aside_readable_and_reported(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    spool.add_entry(result(1))
    spool.seal()
    pending = spool.newest_recent()
    assert pending is not None
    assert await spool.set_aside_rejected(pending, Rejection(status=400, error="columns differ"))
    assert spool.newest_recent() is None
    assert spool.status().rejected_batches == 1
    rejected_dir = places(tmp_path).rejected_dir
    assert rejected_dir.stat().st_mode & 0o777 == 0o700, "it is nobody else's to read"
    (file,) = rejected_dir.iterdir()
    rejected = msgspec.json.decode(file.read_bytes(), type=RejectedBatch)
    assert rejected.batch is not None
    assert rejected.batch.results == (result(1),)
    assert (rejected.status, rejected.error) == (400, "columns differ")
    spool.seal()
    collected = CollectedRecord()
    await collected.accept_all(spool)
    (gap,) = collected.notices("gap")
    assert gap == f"1 results refused with 400, set aside as {file.name}: columns differ"
    await spool.close()


async def test_a_gap_is_reported_even_if_the_reason_for_a_refusal_is_very_long(
    tmp_path: Path,
) -> None:
    spool = await opened(tmp_path)
    spool.add_entry(result(1))
    spool.seal()
    pending = spool.newest_recent()
    assert pending is not None
    assert await spool.set_aside_rejected(pending, Rejection(status=400, error="why " * 200))
    spool.seal()
    collected = CollectedRecord()
    await collected.accept_all(spool)
    (gap,) = collected.notices("gap")
    assert len(gap) == TEXT_CHARACTERS
    await spool.close()


async def test_refused_batches_are_bounded_and_what_goes_for_new_ones_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thongsuot_agent.spool.rejected.MAX_BYTES", 4_000)
    spool = await opened(tmp_path)
    for serial in range(1, 9):
        spool.add_entry(result(serial))
        spool.seal()
        pending = spool.newest_recent()
        assert pending is not None
        assert await spool.set_aside_rejected(pending, Rejection(status=400, error="no"))
    left = sorted(places(tmp_path).rejected_dir.iterdir())
    assert 0 < sum(path.stat().st_size for path in left) <= 4_000
    status = spool.status()
    assert status.rejected_batches == 8
    assert status.dropped_batches == 8 - len(left) > 0
    assert status.dropped_results > 0
    spool.seal()
    collected = CollectedRecord()
    await collected.accept_all(spool)
    assert any(" dropped: " in text for text in collected.notices("gap")), "and reported"
    await spool.close()


async def test_a_refused_batch_stays_in_the_queue_while_the_disk_is_full(
    tmp_path: Path, full_disk: Path
) -> None:
    (tmp_path / "state").symlink_to(full_disk)
    spool = await opened(tmp_path)
    spool.add_entry(result(1))
    spool.seal()
    pending = spool.newest_recent()
    assert pending is not None
    filler = full_disk / "filler"
    _fill(filler)
    rejection = Rejection(status=400, error="columns differ")
    assert not await spool.set_aside_rejected(pending, rejection)
    assert spool.newest_recent() == pending
    assert spool.status().rejected_batches == 0
    filler.unlink()
    assert await spool.set_aside_rejected(pending, rejection)
    assert spool.newest_recent() is None
    await spool.close()


async def test_a_result_that_cannot_travel_does_not_take_the_others_with_it(
    tmp_path: Path,
) -> None:
    spool = await opened(tmp_path)
    strange = result(2)
    finding = msgspec.structs.replace(strange.finding, values={"icmp_invented_seconds": 1.0})
    for sent in (result(1), msgspec.structs.replace(strange, finding=finding), result(3)):
        spool.add_entry(sent)
    spool.add_entry(change(5))
    spool.seal()
    collected = CollectedRecord()
    await collected.accept_all(spool)
    assert collected.serials() == [1, 3]
    assert collected.change_serials() == [5]
    (batch,) = collected.ordered
    assert [(notice.code, notice.count) for notice in batch.notices] == [
        (NoticeCode.PROBE_BROKEN, 1)
    ]
    await spool.close()


def _fill(path: Path) -> None:
    """Take all the room that there is."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 8, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
