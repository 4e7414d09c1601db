"""What two evictions took is added up; a sum that were wrong would be reported as the truth."""

from thongsuot_agent.spool.eviction import DroppedCounts
from thongsuot_agent.spool.stream import BatchKey

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
