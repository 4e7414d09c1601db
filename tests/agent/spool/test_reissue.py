"""Batches whose numbers were taken by somebody else are sent in another stream."""

from pathlib import Path

from tests.agent.spool.making import MS_NS, CollectedRecord, change, numbers, opened, result
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.model import Notice, NoticeCode


async def test_batches_that_are_reissued_follow_each_other_in_a_stream_of_their_own(
    tmp_path: Path,
) -> None:
    spool = await opened(tmp_path)
    former = spool.status().stream
    for serial in (1, 2):
        spool.add_entry(result(serial))
        spool.add_entry(change(serial))
        spool.seal()
    while (taken := spool.newest_recent()) is not None:
        assert await spool.reissue(taken)
    spool.add_entry(result(3))
    spool.seal()
    collected = CollectedRecord()
    await collected.accept_all(spool)
    assert collected.serials() == [1, 2, 3]
    assert collected.change_serials() == [1, 2]
    by_stream = numbers(collected.ordered)
    assert former not in by_stream, "nothing goes on under the name that is not ours alone"
    assert sorted(by_stream.values()) == [[1], [1, 2]]
    (moved,) = (stream for stream, taken_numbers in by_stream.items() if taken_numbers == [1, 2])
    first, second = (collected.batches[moved, number] for number in (1, 2))
    assert first.previous == b""
    assert second.previous == digest_of(collected.bodies[moved, 1])
    await spool.close()


async def test_a_gap_stays_news_under_another_identity(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    spool.add_entry(change(1))
    spool.add_entry(Notice(code=NoticeCode.GAP, boottime_ns=MS_NS, text="something is missing"))
    spool.seal()
    taken = spool.newest_recent()
    assert taken is not None
    assert await spool.reissue(taken)
    news = await spool.newest_news()
    assert news is not None
    assert news.has_news
    assert news.key != taken.key
    assert news.is_whole, "where this number is taken, too, it is not given up as thinned"
    collected = CollectedRecord()
    await collected.accept_all(spool)
    assert collected.notices("gap").count("something is missing") == 1
    await spool.close()
