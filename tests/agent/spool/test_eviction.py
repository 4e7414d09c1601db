"""Counts of evictions are added up, because their sum is reported."""

from pathlib import Path

from tests.agent.spool.making import SERIES, wordy_result
from tests.agent.spool.test_disk import row
from thongsuot_agent.spool.disk import Disk
from thongsuot_agent.spool.eviction import DroppedCounts, make_room
from thongsuot_agent.spool.stream import BatchKey
from thongsuot_schema.batch.encode import encode_batch, index_layout
from thongsuot_schema.batch.layout import sorted_layout
from thongsuot_schema.batch.model import Batch, ClockReading

EARLIER = DroppedCounts(results=7, batches=2, news=1, first=BatchKey(1, 3), last=BatchKey(1, 4))
LATER = DroppedCounts(results=5, batches=3, news=2, first=BatchKey(2, 1), last=BatchKey(2, 3))


def test_counts_of_two_evictions_are_added_up_and_their_batches_span_both() -> None:
    both = EARLIER + LATER
    assert both == DroppedCounts(
        results=12, batches=5, news=3, first=BatchKey(1, 3), last=BatchKey(2, 3)
    )


def test_an_eviction_that_took_no_whole_batch_names_none() -> None:
    stripped = DroppedCounts(results=4)
    earlier = EARLIER + stripped
    assert earlier == DroppedCounts(
        results=11, batches=2, news=1, first=BatchKey(1, 3), last=BatchKey(1, 4)
    )
    later = stripped + LATER
    assert later == DroppedCounts(
        results=9, batches=3, news=2, first=BatchKey(2, 1), last=BatchKey(2, 3)
    )


def test_batches_that_go_whole_are_named_from_the_first_to_the_last_and_those_with_news_stay(
    tmp_path: Path,
) -> None:
    disk = Disk(tmp_path / "spool.db")
    rows = [
        row(1, number, news=number % 2)._replace(results=0, is_whole=False, body=bytes(4_000))
        for number in range(1, 13)
    ]
    disk.write_batches(rows, {}, [])
    used = disk.totals().used_bytes
    dropped: list[DroppedCounts] = []
    make_room(disk, used, lambda _: None, dropped.append)
    assert dropped == [], "what is within the bound stays"
    make_room(disk, used - 1, lambda _: None, dropped.append)
    assert dropped == [DroppedCounts(batches=6, first=BatchKey(1, 2), last=BatchKey(1, 12))]
    assert [kept.news for kept in disk.oldest(99)] == [1] * 6
    make_room(disk, 0, lambda _: None, dropped.append)
    assert dropped[1:] == [
        DroppedCounts(batches=6, news=6, first=BatchKey(1, 1), last=BatchKey(1, 11))
    ]
    disk.close()


def test_detail_goes_until_the_bound_is_kept_however_many_batches_that_takes(
    tmp_path: Path,
) -> None:
    disk = Disk(tmp_path / "spool.db")
    batches = [batch_of(number) for number in range(1, 201)]
    index = index_layout(sorted_layout(SERIES))
    rows = [
        row(1, batch.number)._replace(
            results=len(batch.results), body=encode_batch(batch, index), layout=index.layout_id
        )
        for batch in batches
    ]
    disk.write_batches(rows, {}, [])
    bound = disk.totals().used_bytes // 4
    dropped: list[DroppedCounts] = []
    make_room(disk, bound, lambda _: index.layout, dropped.append)
    assert disk.totals().used_bytes <= bound
    assert sum(counts.results for counts in dropped) >= 70 * 20
    assert disk.totals().batches + sum(counts.batches for counts in dropped) == 200
    disk.close()


def batch_of(number: int) -> Batch:
    return Batch(
        site="site-1",
        stream="0123456789abcdef",
        number=number,
        boot_id="00000000-0000-4000-8000-000000000001",
        clock=ClockReading(boottime_ns=number, wall_ns=number),
        results=tuple(wordy_result(number * 100 + serial) for serial in range(20)),
    )
