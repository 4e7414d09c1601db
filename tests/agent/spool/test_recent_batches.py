"""The first tier: what is due for the disk, what goes without room, what is lost is counted."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.agent.spool.making import change, result
from thongsuot_agent.spool.batch_builder import BatchBuilder, SealedBatch
from thongsuot_agent.spool.eviction import DroppedCounts
from thongsuot_agent.spool.frame import Entry, LogHeading
from thongsuot_agent.spool.layouts import Layouts
from thongsuot_agent.spool.recent_batches import RecentBatches
from thongsuot_agent.spool.segment_store import MemorySegments, RuntimeSegments
from thongsuot_agent.spool.stream import BatchKey, StreamIdentity
from thongsuot_schema.batch.model import ClockReading

STREAM = StreamIdentity(
    name="0123456789abcdef",
    site="site-1",
    boot_id="00000000-0000-4000-8000-000000000001",
    ordinal=1,
    started_boottime_ns=0,
    started_wall_ns=0,
)


class Batches:
    """Sealed batches, and the layouts that they refer to."""

    def __init__(self, root: Path) -> None:
        self.layouts = Layouts(root / "layouts")
        self.recent = RecentBatches()
        self.segments: MemorySegments | RuntimeSegments = MemorySegments()

    def add(self, number: int, entries: Sequence[Entry], *, sealed_ns: int = 0) -> SealedBatch:
        heading = LogHeading(number=number, previous=b"", boottime_ns=0, wall_ns=0)
        body, sealed = BatchBuilder(layouts=self.layouts).build(
            entries,
            STREAM,
            heading,
            ClockReading(boottime_ns=sealed_ns, wall_ns=0),
            self.segments,
        )
        self.segments.seal(number, body, heading)
        self.recent.add(sealed)
        return sealed

    def make_room(self, max_bytes: int) -> DroppedCounts:
        return self.recent.make_room(max_bytes, self.layouts.layout)


def results(first: int, count: int) -> list[Entry]:
    return [result(serial) for serial in range(first, first + count)]


def test_old_batches_and_those_with_verdict_changes_are_due_for_the_disk(
    tmp_path: Path,
) -> None:
    batches = Batches(tmp_path)
    old = batches.add(1, results(1, 2), sealed_ns=100)
    news = batches.add(2, [change(3)], sealed_ns=150)
    assert batches.recent.due_for_disk(199, 100) == [news]
    assert batches.recent.due_for_disk(200, 100) == [old, news]
    assert batches.recent.results == 2


def test_without_room_the_oldest_detail_goes_and_only_as_much_as_is_needed(tmp_path: Path) -> None:
    batches = Batches(tmp_path)
    sealed = [batches.add(number, results(number * 100, 50)) for number in range(1, 5)]
    used = sum(batch.size_bytes for batch in sealed)
    assert batches.make_room(used) == DroppedCounts(), "what fits stays"
    assert batches.make_room(used - 1) == DroppedCounts(results=50)
    assert [batch.results for batch in sealed] == [0, 50, 50, 50]
    assert [batch.is_whole for batch in sealed] == [False, True, True, True]
    left = sum(batch.size_bytes for batch in sealed)
    assert left == sum(len(batch.read()) for batch in sealed), "sizes are those of what is left"
    assert batches.make_room(left) == DroppedCounts()


def test_when_no_detail_is_left_whole_batches_go_and_those_with_news_last(tmp_path: Path) -> None:
    batches = Batches(tmp_path)
    batches.add(1, [change(1)])
    batches.add(2, results(2, 3))
    batches.add(3, results(5, 3))
    batches.add(4, [change(8)])
    assert batches.make_room(0) == DroppedCounts(
        results=6, batches=4, news=2, first=BatchKey(1, 2), last=BatchKey(1, 4)
    )
    assert len(batches.recent) == 0


def test_a_batch_whose_file_has_gone_is_counted_as_lost_once(tmp_path: Path) -> None:
    batches = Batches(tmp_path)
    heading = LogHeading(number=1, previous=b"", boottime_ns=0, wall_ns=0)
    batches.segments = RuntimeSegments.create(tmp_path / "record", STREAM, heading)
    batches.add(1, [*results(1, 3), change(4)])
    kept = batches.add(2, results(5, 2))
    next((tmp_path / "record").glob("*/00000001.batch")).unlink()
    newest = batches.recent.newest(besides={kept.key})
    assert newest is None
    assert list(batches.recent) == [kept]
    lost = DroppedCounts(results=3, batches=1, news=1, first=BatchKey(1, 1), last=BatchKey(1, 1))
    assert batches.make_room(1 << 20) == lost
    assert batches.make_room(1 << 20) == DroppedCounts()
    batches.segments.close()


def bare(number: int, size_bytes: int, *, results: int = 0, news: int = 0) -> SealedBatch:
    """Return a batch of which only its counts matter."""
    return SealedBatch(
        key=BatchKey(1, number),
        stream=STREAM,
        segments=MemorySegments(),
        size_bytes=size_bytes,
        results=results,
        news=news,
        sealed_boottime_ns=0,
        sealed_wall_ns=0,
        layout=b"",
    )


@pytest.mark.parametrize(
    ("sizes", "left"),
    [
        ([40, 60], [1, 2]),
        ([6, 95], [2]),
        ([5, 96], []),
        ([3, 3, 95], [3]),
        ([3, 2, 96], []),
    ],
)
def test_whole_batches_go_beyond_the_bound_until_a_twentieth_of_it_is_free(
    sizes: list[int], left: list[int]
) -> None:
    recent = RecentBatches()
    for number, size_bytes in enumerate(sizes, start=1):
        recent.add(bare(number, size_bytes))
    dropped = recent.make_room(100, lambda _: None)
    assert [sealed.key.number for sealed in recent] == left
    assert dropped.batches == len(sizes) - len(left)


def test_of_two_batches_the_one_without_verdict_changes_goes_first() -> None:
    recent = RecentBatches()
    recent.add(bare(1, 60, news=1))
    recent.add(bare(2, 60, news=0))
    assert recent.make_room(100, lambda _: None).keys == (BatchKey(1, 2),)
    assert [sealed.key.number for sealed in recent] == [1]


def test_detail_goes_only_until_a_twentieth_is_free_and_a_batch_without_any_stays_as_it_is(
    tmp_path: Path,
) -> None:
    batches = Batches(tmp_path)
    changes = batches.add(1, [change(1)])
    first, second = (batches.add(number, results(number * 100, 50)) for number in (2, 3))
    full = [batch.size_bytes for batch in (changes, first, second)]
    batches.make_room(sum(full) - 1)
    assert (changes.is_whole, first.is_whole, second.is_whole) == (True, False, True)
    assert changes.size_bytes == full[0], "it would only grow by the words of what was dropped"
    left = sum(batch.size_bytes for batch in (changes, first, second))
    # A twentieth is free exactly when the first batch has lost its detail.
    twentieths = -(-left // 19)
    again = Batches(tmp_path / "again")
    again.recent.add(bare(1, 19 * twentieths - first.size_bytes))
    stripped = again.add(2, results(200, 50))
    kept = again.add(3, results(300, 50))
    kept.size_bytes = 0
    assert stripped.size_bytes == full[1]
    assert again.make_room(20 * twentieths) == DroppedCounts(results=50)
    assert (stripped.results, kept.results) == (0, 50)


def test_the_newest_batch_knows_whether_it_contains_verdict_changes(tmp_path: Path) -> None:
    batches = Batches(tmp_path)
    of_batches: list[list[Entry]] = [[result(1)], [change(2)], [change(3), change(4)]]
    for number, entries in enumerate(of_batches, start=1):
        batches.add(number, entries)
        newest = batches.recent.newest(besides=())
        assert newest is not None
        assert (newest.key.number, newest.has_news) == (number, number > 1)
