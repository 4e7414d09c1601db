"""The record on its way: what is written when, what survives what, and what goes first."""

import random
import shutil
import sqlite3
from pathlib import Path

import msgspec
import pytest

from tests.agent.spool.making import (
    MS_NS,
    SERIES,
    Collected,
    change,
    numbers,
    places,
    result,
    spool_at,
    wordy_result,
)
from tests.fakes.clock import FakeClock
from thongsuot_agent.clock import Clock
from thongsuot_agent.config.model import SpoolConfig
from thongsuot_agent.spool.rejected import Refusal, Rejected
from thongsuot_agent.spool.spool import Spool
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.model import Notice, NoticeCode

MIB = 1 << 20
BOOTS = ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002")


def clock_of(fake: FakeClock) -> Clock:
    return Clock(boottime_ns=fake.boottime_ns, wall_ns=fake.wall_ns, error_s=lambda: 0.01)


async def opened(root: Path, fake: FakeClock | None = None, **config: float) -> Spool:
    clock = None if fake is None else clock_of(fake)
    spool = spool_at(root, config=msgspec.convert(config, SpoolConfig), clock=clock)
    await spool.open(SERIES)
    return spool


def on_disk(root: Path) -> list[tuple[int, int]]:
    """Return number of results and of news of each batch on the disk, as SQLite has them."""
    with sqlite3.connect(places(root).file) as db:
        rows = db.execute("SELECT results, news FROM batches ORDER BY id").fetchall()
    db.close()
    return rows


async def test_what_is_added_comes_out_sealed_in_the_order_of_time(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    for serial in (3, 1, 2):
        spool.add(result(serial))
    notice = Notice(code=NoticeCode.STARTED, boottime_ns=MS_NS, text="0.1.0")
    spool.add(notice)
    assert spool.seal()
    assert not spool.seal(), "nothing new, no batch"
    collected = Collected()
    await collected.take_all(spool)
    (batch,) = collected.ordered
    assert (batch.site, batch.number, batch.previous) == ("site-1", 1, b"")
    assert batch.results == (result(1), result(2), result(3))
    assert batch.notices == (notice,)
    assert spool.status().waiting_batches == 0
    await spool.close()


async def test_batches_are_chained_and_counted_without_gaps(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    for serial in range(1, 6):
        spool.add(result(serial))
        spool.seal()
    collected = Collected()
    await collected.take_all(spool)
    bodies = [collected.bodies[key] for key in sorted(collected.bodies)]
    assert list(numbers(collected.ordered).values()) == [[1, 2, 3, 4, 5]]
    for before, batch in zip(bodies, collected.ordered[1:], strict=False):
        assert batch.previous == digest_of(before)
    await spool.close()


async def test_a_healthy_device_writes_nothing_to_the_disk(tmp_path: Path) -> None:
    fake = FakeClock()
    spool = await opened(tmp_path, fake)
    collected = Collected()
    before = [path.stat().st_mtime_ns for path in sorted(places(tmp_path).state_dir.iterdir())]
    for serial in range(1, 200):
        spool.add(result(serial))
        if serial % 10 == 0:
            fake.advance(15)
            spool.seal()
            await spool.keep_up()
            await collected.take_all(spool)
    after = [path.stat().st_mtime_ns for path in sorted(places(tmp_path).state_dir.iterdir())]
    assert after == before
    await spool.close()


async def test_an_unacknowledged_batch_goes_to_the_disk_after_its_time(tmp_path: Path) -> None:
    fake = FakeClock()
    spool = await opened(tmp_path, fake, disk_after_s=60.0)
    for serial in (1, 2, 3, 4):
        spool.add(result(serial))
        spool.seal()
        await spool.keep_up()
        assert on_disk(tmp_path) == []
        fake.advance(15)
    spool.add(result(5))
    spool.seal()
    await spool.keep_up()
    assert on_disk(tmp_path) == [(1, 0)] * 5, "all that waits goes in one transaction"
    assert spool.newest() is None
    collected = Collected()
    await collected.take_all(spool)
    assert collected.serials() == [1, 2, 3, 4, 5]
    assert on_disk(tmp_path) == []
    await spool.close()


async def test_a_verdict_change_is_on_the_disk_at_once(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    spool.add(result(1))
    spool.seal()
    spool.add(change(2))
    spool.seal()
    await spool.keep_up()
    assert on_disk(tmp_path) == [(0, 1)]
    news = await spool.newest_news()
    assert news is not None
    assert news.has_news
    await spool.close()


async def test_a_batch_acknowledged_while_it_was_written_is_removed_again(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    spool.add(change(1))
    spool.seal()
    parcel = spool.newest()
    assert parcel is not None
    await spool.keep_up()
    spool.acknowledge(parcel.key)
    await spool.keep_up()
    assert on_disk(tmp_path) == []
    await spool.close()


async def test_a_stream_goes_on_in_the_next_process_of_the_same_boot(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    spool.add(result(1))
    spool.seal()
    spool.add(result(2))
    # No close: the process was killed.
    after = await opened(tmp_path)
    after.add(result(3))
    after.seal()
    collected = Collected()
    await collected.take_all(after)
    assert list(numbers(collected.ordered).values()) == [[1, 2]]
    assert collected.serials() == [1, 2, 3]
    assert collected.notices("gap") == []
    await after.close()
    await spool.close()


async def test_a_clean_end_brings_all_to_the_disk_and_leaves_no_gap(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    spool.add(result(1))
    await spool.close()
    assert on_disk(tmp_path) == [(1, 0)]
    shutil.rmtree(places(tmp_path).runtime_dir)
    after = spool_at(tmp_path, boot=BOOTS[1])
    await after.open()
    after.seal()
    collected = Collected()
    await collected.take_all(after)
    assert collected.serials() == [1]
    assert collected.notices("gap") == []
    await after.close()


async def test_a_record_beside_the_state_outlives_the_boot(tmp_path: Path) -> None:
    spool = spool_at(tmp_path, boot=BOOTS[0])
    await spool.open()
    spool.add(result(1))
    spool.seal()
    spool.add(result(2))
    after = spool_at(tmp_path, boot=BOOTS[1])
    await after.open()
    after.add(result(3))
    after.seal()
    collected = Collected()
    await collected.take_all(after)
    assert collected.serials() == [1, 2, 3]
    boots = [batch.boot_id for batch in collected.ordered]
    assert sorted(boots) == [BOOTS[0], BOOTS[0], BOOTS[1]]
    assert sorted(len(each) for each in numbers(collected.ordered).values()) == [1, 2]
    await after.keep_up()
    assert len(list(places(tmp_path).record.iterdir())) == 1, "the former stream is tidied away"
    await after.close()
    await spool.close()


async def test_a_runtime_directory_without_room_is_left_for_memory_and_found_again(
    tmp_path: Path, full_disk: Path
) -> None:
    (tmp_path / "run").symlink_to(full_disk)
    spool = await opened(tmp_path)
    spool.add(result(1))
    filler = full_disk / "filler"
    _fill(filler)
    serial = 1
    while not spool.status().is_in_memory:
        serial += 1
        spool.add(result(serial))
        assert serial < 2000, "the directory is full"
    spool.seal()
    filler.unlink()
    spool.add(result(serial + 1))
    spool.seal()
    assert not spool.status().is_in_memory
    spool.add(result(serial + 2))
    spool.seal()
    collected = Collected()
    await collected.take_all(spool)
    assert collected.serials() == list(range(1, serial + 3))
    assert len(numbers(collected.ordered)) == 3, "before, in memory, after"
    assert all(
        each == list(range(1, len(each) + 1)) for each in numbers(collected.ordered).values()
    )
    await spool.close()


async def test_a_full_disk_is_told_once_and_the_record_goes_on(
    tmp_path: Path, full_disk: Path
) -> None:
    (tmp_path / "state").symlink_to(full_disk)
    fake = FakeClock()
    spool = await opened(tmp_path, fake, disk_after_s=1.0)
    filler = full_disk / "filler"
    _fill(filler)
    for serial in range(1, 9):
        spool.add(result(serial))
        spool.add(change(serial))
        fake.advance(15)
        spool.seal()
        await spool.keep_up()
    assert spool.status().is_disk_refusing
    assert spool.status().waiting_on_disk == 0
    filler.unlink()
    fake.advance(15)
    spool.seal()
    await spool.keep_up()
    assert not spool.status().is_disk_refusing
    assert spool.status().waiting_on_disk >= 8
    spool.seal()
    collected = Collected()
    await collected.take_all(spool)
    assert collected.serials() == collected.change_serials() == list(range(1, 9))
    assert len(collected.notices("spool_full")) == 1
    await spool.close()


@pytest.mark.parametrize("damage", ["header", "page", "truncated"])
async def test_a_torn_file_is_set_aside_and_told(tmp_path: Path, damage: str) -> None:
    spool = await opened(tmp_path)
    for serial in range(1, 60):
        spool.add(change(serial))
        spool.seal()
    await spool.close()
    file = places(tmp_path).file
    content = bytearray(file.read_bytes())
    if damage == "header":
        content[:16] = b"not a data base!"
    elif damage == "page":
        content[2 * 4096 : 3 * 4096] = b"\xa5" * 4096
    else:
        del content[len(content) // 2 :]
    file.write_bytes(content)
    after = await opened(tmp_path)
    after.add(result(100))
    after.seal()
    await after.keep_up()
    torn = [path.name for path in file.parent.iterdir() if ".torn-" in path.name]
    assert len(torn) == 1
    assert torn[0].startswith("spool.db.torn-20")
    collected = Collected()
    await collected.take_all(after)
    assert collected.notices("spool_torn") == torn
    assert collected.serials() == [100]
    await after.close()


async def test_the_oldest_detail_goes_first_and_verdict_changes_stay(tmp_path: Path) -> None:
    fake = FakeClock()
    spool = await opened(tmp_path, fake, disk_after_s=1.0, max_bytes=MIB)
    serial = made = 0
    while not spool.status().dropped_results:
        for _ in range(200):
            serial += 1
            spool.add(wordy_result(serial))
            made += 1
        if serial % 1_000 == 0:
            spool.add(change(serial))
        fake.advance(15)
        spool.seal()
        await spool.keep_up()
        assert serial < 10**6, "a bound of 1 MiB is reached before"
    status = spool.status()
    assert status.disk_bytes <= MIB
    assert status.dropped_batches == 0
    collected = Collected()
    await collected.take_all(spool)
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
    (found,) = numbers(collected.ordered).values()
    assert found == list(range(1, len(found) + 1)), "skeletons keep the numbers without gaps"
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


async def test_when_all_detail_is_gone_whole_batches_go_and_a_gap_says_so(tmp_path: Path) -> None:
    fake = FakeClock()
    spool = await opened(tmp_path, fake, disk_after_s=1.0, max_bytes=MIB)
    for serial in range(1, 601):
        if serial % 10 == 0:
            spool.add(change(serial))
        else:
            for number in range(20):
                text = random.Random(serial * 100 + number).randbytes(100).hex()
                spool.add(Notice(code=NoticeCode.OTHER, boottime_ns=serial, text=text))
        spool.seal()
        if serial % 20 == 0:
            fake.advance(15)
            await spool.keep_up()
    status = spool.status()
    assert status.disk_bytes <= MIB
    assert status.dropped_batches > 0
    spool.seal()
    collected = Collected()
    await collected.take_all(spool)
    assert collected.change_serials() == list(range(10, 601, 10)), "changes go last"
    gaps = collected.notices("gap")
    assert sum(int(text.split()[0]) for text in gaps) == status.dropped_batches
    await spool.close()


async def test_memory_is_bounded_when_no_tier_takes_anything(tmp_path: Path) -> None:
    (tmp_path / "run").write_text("no directory")
    (tmp_path / "state").write_text("no directory")
    fake = FakeClock()
    spool = await opened(tmp_path, fake, max_runtime_bytes=1 << 16)
    for serial in range(1, 40_001):
        spool.add(result(serial))
        if serial % 1000 == 0:
            spool.add(change(serial))
            spool.seal()
            await spool.keep_up()
    status = spool.status()
    assert status.is_in_memory
    assert status.is_disk_refusing
    assert status.dropped_results > 0
    spool.seal()
    collected = Collected()
    await collected.take_all(spool)
    assert sum(len(body) for body in collected.bodies.values()) <= (1 << 16) + 4096
    assert collected.change_serials() == list(range(1000, 40_001, 1000))
    await spool.close()


async def test_detail_older_than_its_age_is_dropped_and_changes_stay(tmp_path: Path) -> None:
    fake = FakeClock()
    spool = await opened(tmp_path, fake, disk_after_s=1.0, max_age_s=86400.0)
    spool.add(result(1))
    spool.add(change(2))
    spool.seal()
    fake.advance(60)
    await spool.keep_up()
    fake.advance(90_000)
    spool.add(result(3))
    spool.seal()
    await spool.keep_up()
    collected = Collected()
    await collected.take_all(spool)
    assert collected.serials() == [3]
    assert collected.change_serials() == [2]
    assert spool.status().dropped_results == 1
    await spool.close()


async def test_a_refused_batch_is_set_aside_readable_and_reported(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    spool.add(result(1))
    spool.seal()
    parcel = spool.newest()
    assert parcel is not None
    assert await spool.reject(parcel, Refusal(status=400, error="columns differ"))
    assert spool.newest() is None
    assert spool.status().rejected_batches == 1
    (file,) = places(tmp_path).rejected.iterdir()
    found = msgspec.json.decode(file.read_bytes(), type=Rejected)
    assert found.batch is not None
    assert found.batch.results == (result(1),)
    assert (found.status, found.error) == (400, "columns differ")
    spool.seal()
    collected = Collected()
    await collected.take_all(spool)
    (gap,) = collected.notices("gap")
    assert gap == f"1 results refused with 400, set aside as {file.name}: columns differ"
    await spool.close()


async def test_a_result_that_cannot_travel_does_not_take_the_others_with_it(
    tmp_path: Path,
) -> None:
    spool = await opened(tmp_path)
    strange = result(2)
    finding = msgspec.structs.replace(strange.finding, values={"icmp_invented_seconds": 1.0})
    for one in (result(1), msgspec.structs.replace(strange, finding=finding), result(3)):
        spool.add(one)
    spool.seal()
    collected = Collected()
    await collected.take_all(spool)
    assert collected.serials() == [1, 3]
    (batch,) = collected.ordered
    assert [(notice.code, notice.count) for notice in batch.notices] == [
        (NoticeCode.PROBE_BROKEN, 1)
    ]
    await spool.close()


async def test_facts_are_remembered_beyond_a_power_cut(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    await spool.remember("purse", "17")
    await spool.close()
    shutil.rmtree(places(tmp_path).runtime_dir)
    after = await opened(tmp_path)
    assert await after.recall("purse") == "17"
    assert await after.recall("nothing") is None
    await after.close()


def _fill(path: Path) -> None:
    """Take all the room that there is."""
    with path.open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 8, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
