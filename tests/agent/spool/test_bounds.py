"""What is dropped first when there is no room, and how the loss is reported."""

import random
import shutil
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest

from tests.agent.spool.making import (
    CollectedRecord,
    change,
    clock_of,
    numbers,
    opened,
    places,
    result,
    spool_at,
    wordy_result,
)
from tests.fakes.clock import NS_PER_S, FakeClock
from thongsuot_agent.config.model import SpoolConfig
from thongsuot_agent.spool.spool import Spool
from thongsuot_schema.batch.decode import decode_layout
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.encode import index_layout
from thongsuot_schema.batch.model import Notice, NoticeCode

MIB = 1 << 20
BOOTS = ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002")


async def test_the_oldest_detail_goes_first_and_verdict_changes_stay(tmp_path: Path) -> None:
    fake = FakeClock()
    spool = await opened(tmp_path, fake, disk_after_s=1.0, max_bytes=MIB)
    serial = made = 0
    while not spool.status().dropped_results:
        for _ in range(200):
            serial += 1
            spool.add_entry(wordy_result(serial))
            made += 1
        if serial % 1_000 == 0:
            spool.add_entry(change(serial))
        fake.advance(15)
        spool.seal()
        await spool.maintain()
        assert serial < 10**6, "a bound of 1 MiB is reached before"
    status = spool.status()
    assert status.disk_bytes <= MIB
    assert status.dropped_batches == 0
    collected = CollectedRecord()
    await collected.accept_all(spool)
    kept = len(collected.serials())
    dropped = [
        notice
        for batch in collected.ordered
        for notice in batch.notices
        if notice.code is NoticeCode.DROPPED
    ]
    assert kept + sum(notice.count for notice in dropped) == made
    assert status.dropped_results == made - kept
    assert collected.change_serials() == list(range(1_000, serial + 1, 1_000))
    (kept_numbers,) = numbers(collected.ordered).values()
    assert kept_numbers == list(range(1, len(kept_numbers) + 1)), (
        "skeletons keep the numbers without gaps"
    )
    stripped = [batch.number for batch in collected.ordered if not batch.results]
    assert stripped == list(range(1, len(stripped) + 1)), "the oldest"
    # The chain can be followed through a skeleton by the name of the original in its notice.
    names = {
        batch.number: digest_of(collected.bodies[batch.stream, batch.number]).hex()
        for batch in collected.ordered
    }
    names |= {
        batch.number: notice.text
        for batch in collected.ordered
        for notice in batch.notices
        if notice.code is NoticeCode.DROPPED
    }
    for batch in collected.ordered[1:]:
        assert batch.previous.hex() == names[batch.number - 1]
    await spool.close()


async def test_when_all_detail_is_gone_whole_batches_go_and_a_gap_reports_it(
    tmp_path: Path,
) -> None:
    fake = FakeClock()
    spool = await opened(tmp_path, fake, disk_after_s=1.0, max_bytes=MIB)
    for serial in range(1, 601):
        if serial % 10 == 0:
            spool.add_entry(change(serial))
        else:
            for number in range(20):
                text = random.Random(serial * 100 + number).randbytes(100).hex()
                spool.add_entry(Notice(code=NoticeCode.OTHER, boottime_ns=serial, text=text))
        spool.seal()
        if serial % 20 == 0:
            fake.advance(15)
            await spool.maintain()
    status = spool.status()
    assert status.disk_bytes <= MIB
    assert status.dropped_batches > 0
    spool.seal()
    collected = CollectedRecord()
    await collected.accept_all(spool)
    assert collected.change_serials() == list(range(10, 601, 10)), "changes go last"
    gaps = collected.notices("gap")
    assert sum(int(text.split()[0]) for text in gaps) == status.dropped_batches
    await spool.close()


async def test_memory_is_bounded_when_no_tier_takes_anything(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("no directory")
    (tmp_path / "state").write_text("no directory")
    fake = FakeClock()
    spool = await opened(tmp_path, fake, max_runtime_bytes=1 << 16)
    first = spool.status().stream
    for serial in range(1, 40_001):
        spool.add_entry(result(serial))
        if serial % 1000 == 0:
            spool.add_entry(change(serial))
            spool.seal()
            await spool.maintain()
    status = spool.status()
    assert status.is_in_memory
    assert status.is_disk_refusing
    newest = spool.newest_recent()
    assert newest is not None
    assert status.stream == first, "the first stream, though nothing but memory holds it"
    assert newest.key.number == 41
    assert status.dropped_results > 0
    spool.seal()
    collected = CollectedRecord()
    await collected.accept_all(spool)
    assert sum(len(body) for body in collected.bodies.values()) <= (1 << 16) + 4096
    assert collected.change_serials() == list(range(1000, 40_001, 1000))
    await spool.close()


async def test_detail_older_than_its_age_is_dropped_and_changes_stay(tmp_path: Path) -> None:
    fake = FakeClock()
    spool = await opened(tmp_path, fake, disk_after_s=1.0, max_age_s=86400.0)
    spool.add_entry(result(1))
    spool.add_entry(change(2))
    spool.seal()
    fake.advance(60)
    await spool.maintain()
    fake.advance(90_000)
    spool.add_entry(result(3))
    spool.seal()
    await spool.maintain()
    collected = CollectedRecord()
    await collected.accept_all(spool)
    assert collected.serials() == [3]
    assert collected.change_serials() == [2]
    assert spool.status().dropped_results == 1
    await spool.close()


async def test_a_batch_on_the_disk_that_cannot_be_read_goes_whole_and_is_counted_once(
    tmp_path: Path,
) -> None:
    fake = FakeClock()
    spool = await opened(tmp_path, fake, disk_after_s=1.0, max_age_s=86400.0)
    for serial in (1, 3, 5):
        spool.add_entry(result(serial))
        spool.add_entry(result(serial + 1))
        spool.seal()
    fake.advance(60)
    await spool.maintain()
    with sqlite3.connect(places(tmp_path).spool_file) as db:
        db.execute("UPDATE batches SET body = x'c1' WHERE id = (SELECT min(id) FROM batches)")
    db.close()
    fake.advance(90_000)
    await spool.maintain()
    status = spool.status()
    assert (status.dropped_results, status.dropped_batches) == (6, 1)
    assert status.waiting_on_disk == 2, "what is left of the others"
    assert not any(batch.results for batch in await spool.oldest_on_disk(9))
    await spool.close()


async def test_a_batch_whose_layout_is_lost_is_dropped_when_it_is_too_old_and_stops_nothing(
    tmp_path: Path,
) -> None:
    fake = FakeClock()
    spool = await opened(tmp_path, fake, disk_after_s=1.0, max_age_s=86400.0)
    spool.add_entry(result(1))
    await spool.close()
    shutil.rmtree(places(tmp_path).runtime_dir)
    with sqlite3.connect(places(tmp_path).spool_file) as db:
        (name,) = db.execute("SELECT id FROM layouts").fetchone()
        db.execute("DELETE FROM layouts")
    db.close()
    fake.advance(90_000)
    after = await opened(tmp_path, fake, disk_after_s=1.0, max_age_s=86400.0)
    assert await after.layout(name) is None
    await after.maintain()
    status = after.status()
    assert (status.dropped_results, status.dropped_batches) == (1, 1)
    await after.close()


async def test_a_layout_that_only_the_disk_has_is_found_there(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    spool.add_entry(result(1))
    await spool.close()
    shutil.rmtree(places(tmp_path).runtime_dir)
    after = await opened(tmp_path)
    (pending,) = await after.oldest_on_disk(1)
    body = await after.layout(pending.layout)
    assert body is not None
    assert index_layout(decode_layout(body)[1]).layout_id == pending.layout
    await after.close()


async def test_detail_younger_than_its_age_stays(tmp_path: Path) -> None:
    fake = FakeClock(boottime_ns=80_000 * NS_PER_S)
    spool = await opened(tmp_path, fake, disk_after_s=1.0, max_age_s=86400.0)
    spool.add_entry(result(1))
    spool.seal()
    fake.advance(60)
    await spool.maintain()
    fake.advance(86_000)
    await spool.maintain()
    collected = CollectedRecord()
    await collected.accept_all(spool)
    assert collected.serials() == [1]
    assert spool.status().dropped_results == 0
    await spool.close()


@pytest.mark.parametrize(
    ("away_s", "is_trusted", "was_set", "kept"),
    [
        (80_000.0, True, True, [1]),
        (90_000.0, True, True, []),
        (90_000.0, False, True, [1]),
        (57 * 365 * 86_400.0, True, False, [1]),
    ],
    ids=["young", "old", "old by a doubted clock", "sealed in 1970"],
)
async def test_detail_of_a_former_boot_is_as_old_as_a_trusted_wall_clock_shows(
    tmp_path: Path, away_s: float, is_trusted: bool, was_set: bool, kept: list[int]
) -> None:
    config = SpoolConfig(disk_after_s=1.0, max_age_s=86400.0)
    before = FakeClock() if was_set else FakeClock(wall_ns=1_000 * NS_PER_S)
    sealing = clock_of(before)
    if not was_set:  # a device without network or battery: nobody vouches for its clock
        sealing = replace(sealing, error_s=lambda: None)
    former = spool_at(tmp_path, config=config, clock=sealing, boot=BOOTS[0])
    await former.open()
    former.add_entry(result(1))
    await former.close()
    # The next boot's clock of boot time has started again.
    after = FakeClock(
        boottime_ns=3_700 * NS_PER_S, wall_ns=before.wall_ns() + round(away_s) * NS_PER_S
    )
    clock = clock_of(after)
    spool = Spool(
        config,
        places(tmp_path),
        clock,
        site="site-1",
        boot_id=BOOTS[1],
        trusted_wall_ns=lambda: clock.wall_ns() if is_trusted else None,
    )
    await spool.open()
    await spool.maintain()
    collected = CollectedRecord()
    await collected.accept_all(spool)
    assert collected.serials() == kept
    assert spool.status().dropped_results == 1 - len(kept)
    await spool.close()
