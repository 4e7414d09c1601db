"""The record on its way: what is written when, and what a restart finds again."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from tests.agent.spool.making import (
    MS_NS,
    CollectedRecord,
    change,
    numbers,
    opened,
    places,
    result,
    spool_at,
)
from tests.fakes.clock import FakeClock
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.model import Notice, NoticeCode

BOOTS = ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002")


def on_disk(root: Path) -> list[tuple[int, int]]:
    """Return number of results and of news of each batch on the disk, as SQLite has them."""
    with sqlite3.connect(places(root).spool_file) as db:
        rows = db.execute("SELECT results, news FROM batches ORDER BY id").fetchall()
    db.close()
    return rows


async def test_results_of_a_batch_are_sorted_by_time(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    for serial in (3, 1, 2):
        spool.add_entry(result(serial))
    notice = Notice(code=NoticeCode.STARTED, boottime_ns=MS_NS, text="0.1.0")
    spool.add_entry(notice)
    assert spool.seal()
    assert not spool.seal(), "nothing new, no batch"
    collected = CollectedRecord()
    await collected.accept_all(spool)
    (batch,) = collected.ordered
    assert (batch.site, batch.number, batch.previous) == ("site-1", 1, b"")
    assert batch.results == (result(1), result(2), result(3))
    assert batch.notices == (notice,)
    assert spool.status().waiting_batches == 0
    await spool.close()


async def test_batches_are_chained_and_counted_without_gaps(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    for serial in range(1, 6):
        spool.add_entry(result(serial))
        spool.seal()
    collected = CollectedRecord()
    await collected.accept_all(spool)
    bodies = [collected.bodies[key] for key in sorted(collected.bodies)]
    assert list(numbers(collected.ordered).values()) == [[1, 2, 3, 4, 5]]
    for before, batch in zip(bodies, collected.ordered[1:], strict=False):
        assert batch.previous == digest_of(before)
    await spool.close()


async def test_a_healthy_device_writes_nothing_to_the_disk(tmp_path: Path) -> None:
    fake = FakeClock()
    spool = await opened(tmp_path, fake)
    collected = CollectedRecord()
    before = [path.stat().st_mtime_ns for path in sorted(places(tmp_path).state_dir.iterdir())]
    for serial in range(1, 200):
        spool.add_entry(result(serial))
        if serial % 10 == 0:
            fake.advance(15)
            spool.seal()
            await spool.maintain()
            await collected.accept_all(spool)
    after = [path.stat().st_mtime_ns for path in sorted(places(tmp_path).state_dir.iterdir())]
    assert after == before
    await spool.close()


async def test_an_unacknowledged_batch_goes_to_the_disk_after_its_time(tmp_path: Path) -> None:
    fake = FakeClock()
    spool = await opened(tmp_path, fake, disk_after_s=60.0)
    for serial in (1, 2, 3, 4):
        spool.add_entry(result(serial))
        spool.seal()
        await spool.maintain()
        assert on_disk(tmp_path) == []
        fake.advance(15)
    spool.add_entry(result(5))
    spool.seal()
    await spool.maintain()
    assert on_disk(tmp_path) == [(1, 0)] * 5, "all that waits goes in one transaction"
    assert spool.newest_recent() is None
    collected = CollectedRecord()
    await collected.accept_all(spool)
    assert collected.serials() == [1, 2, 3, 4, 5]
    assert on_disk(tmp_path) == []
    await spool.close()


async def test_a_verdict_change_is_on_the_disk_at_once(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    spool.add_entry(result(1))
    spool.seal()
    pending = spool.newest_recent()
    assert pending is not None
    assert not pending.has_news
    spool.add_entry(change(2))
    spool.seal()
    pending = spool.newest_recent()
    assert pending is not None
    assert pending.has_news, "and says so before it is there"
    await spool.maintain()
    assert on_disk(tmp_path) == [(0, 1)]
    news = await spool.newest_news()
    assert news is not None
    assert news.has_news
    await spool.close()


async def test_a_batch_acknowledged_while_it_was_written_is_removed_again(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    spool.add_entry(change(1))
    spool.seal()
    pending = spool.newest_recent()
    assert pending is not None
    await spool.maintain()
    spool.acknowledge(pending.key)
    await spool.maintain()
    assert on_disk(tmp_path) == []
    await spool.close()


async def test_a_stream_continues_in_the_next_process_of_the_same_boot(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    spool.add_entry(result(1))
    spool.seal()
    spool.add_entry(result(2))
    # No close: the process was killed.
    after = await opened(tmp_path)
    after.add_entry(result(3))
    after.seal()
    collected = CollectedRecord()
    await collected.accept_all(after)
    assert list(numbers(collected.ordered).values()) == [[1, 2]]
    assert collected.serials() == [1, 2, 3]
    assert collected.notices("gap") == []
    await after.close()
    await spool.close()


async def test_a_kill_after_sealing_does_not_reuse_a_number(
    tmp_path: Path,
) -> None:
    spool = await opened(tmp_path)
    for serial in (1, 2):
        spool.add_entry(result(serial))
        spool.seal()
    # What such a kill leaves behind: the sealed batches, and the open log of the last of them.
    (left,) = places(tmp_path).record_dir.glob("*/*.open")
    left.rename(left.with_name("00000002.open"))
    after = await opened(tmp_path)
    after.add_entry(result(3))
    after.seal()
    collected = CollectedRecord()
    await collected.accept_all(after)
    assert list(numbers(collected.ordered).values()) == [[1, 2, 3]]
    assert collected.serials() == [1, 2, 3]
    bodies = [collected.bodies[key] for key in sorted(collected.bodies)]
    assert collected.ordered[2].previous == digest_of(bodies[1])
    await after.close()
    await spool.close()


async def test_a_kill_before_the_first_entry_leaves_a_stream_starting_at_one(
    tmp_path: Path,
) -> None:
    spool = await opened(tmp_path)
    (log,) = places(tmp_path).record_dir.glob("*/*.open")
    log.unlink()
    after = await opened(tmp_path)
    after.add_entry(result(1))
    after.seal()
    collected = CollectedRecord()
    await collected.accept_all(after)
    assert list(numbers(collected.ordered).values()) == [[1]]
    await after.close()
    await spool.close()


async def test_waiting_batches_on_the_disk_show_whether_they_contain_verdict_changes(
    tmp_path: Path,
) -> None:
    fake = FakeClock()
    spool = await opened(tmp_path, fake, disk_after_s=1.0)
    for entry in (result(1), change(2)):
        spool.add_entry(entry)
        spool.seal()
    fake.advance(60)
    await spool.maintain()
    assert [batch.has_news for batch in await spool.oldest_on_disk(9)] == [False, True]
    await spool.close()


async def test_verdict_changes_left_by_a_killed_process_are_written_to_disk_at_once(
    tmp_path: Path,
) -> None:
    spool = await opened(tmp_path)
    spool.add_entry(change(1))
    spool.add_entry(Notice(code=NoticeCode.GAP, boottime_ns=MS_NS, text="something is missing"))
    spool.seal()
    assert on_disk(tmp_path) == [], "and no upkeep before the kill"
    after = await opened(tmp_path)
    assert on_disk(tmp_path) == [(0, 2)]
    await after.close()
    await spool.close()


async def test_a_clean_end_brings_all_to_the_disk_and_leaves_no_gap(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    spool.add_entry(result(1))
    await spool.close()
    assert on_disk(tmp_path) == [(1, 0)]
    shutil.rmtree(places(tmp_path).runtime_dir)
    after = spool_at(tmp_path, boot=BOOTS[1])
    await after.open()
    after.seal()
    collected = CollectedRecord()
    await collected.accept_all(after)
    assert collected.serials() == [1]
    assert collected.notices("gap") == []
    await after.close()


@pytest.mark.parametrize("sealed", [0, 4])
async def test_after_a_power_cut_a_gap_names_the_stream_and_the_last_batch_known_of_it(
    tmp_path: Path, sealed: int
) -> None:
    spool = await opened(tmp_path)
    for serial in range(1, sealed + 1):
        spool.add_entry(change(serial) if serial == sealed else result(serial))
        spool.seal()
    await spool.maintain()
    stream = spool.status().stream
    # What a power cut takes: all that is in memory, and what was not written yet.
    shutil.rmtree(places(tmp_path).runtime_dir)
    after = spool_at(tmp_path, boot=BOOTS[1])
    await after.open()
    collected = CollectedRecord()
    await collected.accept_all(after)
    gap = f"stream {stream} ended without notice, known to batch {sealed}"
    assert collected.notices("gap") == [gap]
    await after.close()
    await spool.close()


async def test_a_record_beside_the_state_outlives_the_boot(tmp_path: Path) -> None:
    spool = spool_at(tmp_path, boot=BOOTS[0])
    await spool.open()
    spool.add_entry(result(1))
    spool.seal()
    spool.add_entry(result(2))
    after = spool_at(tmp_path, boot=BOOTS[1])
    await after.open()
    after.add_entry(result(3))
    after.seal()
    collected = CollectedRecord()
    await collected.accept_all(after)
    assert collected.serials() == [1, 2, 3]
    boots = [batch.boot_id for batch in collected.ordered]
    assert sorted(boots) == [BOOTS[0], BOOTS[0], BOOTS[1]]
    assert sorted(len(each) for each in numbers(collected.ordered).values()) == [1, 2]
    await after.maintain()
    assert len(list(places(tmp_path).record_dir.iterdir())) == 1, "the former stream is tidied away"
    await after.close()
    await spool.close()


async def test_facts_are_remembered_beyond_a_power_cut(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    await spool.save_fact("purse", "17")
    await spool.close()
    shutil.rmtree(places(tmp_path).runtime_dir)
    after = await opened(tmp_path)
    assert await after.load_fact("purse") == "17"
    assert await after.load_fact("nothing") is None
    await after.close()
