"""The spool's transactions: what a visit to the disk writes, removes and leaves."""

import sqlite3
from pathlib import Path

import pytest

from tests.agent.spool.making import opened
from tests.agent.spool.test_disk import row, stream
from thongsuot_agent.spool.disk_executor import DiskExecutor
from thongsuot_agent.spool.disk_store import DiskStore, WriteSet
from thongsuot_schema.batch.model import NoticeCode

BATCHES, AT_ONCE = 40, 16


def store_at(path: Path) -> DiskStore:
    def reported(code: NoticeCode, text: str) -> None:
        raise AssertionError(f"{code}: {text}")

    return DiskStore(DiskExecutor(path, reported), 1 << 20, lambda _: None)


async def test_closing_a_stream_removes_layouts_nothing_else_refers_to(
    tmp_path: Path,
) -> None:
    store = store_at(tmp_path / "spool.db")
    for ordinal in (1, 2):
        layout = bytes([ordinal])
        batch = row(ordinal, 1, layout=layout)
        await store.apply(
            WriteSet(
                rows=[batch],
                layouts={layout: b"layout"},
                newest_numbers=[(stream(ordinal), 1)],
            )
        )
    store.note_acknowledged(row(1, 1).key)
    assert await store.apply(WriteSet())
    assert await store.layout(b"\x01") == b"layout", "the next batch of the stream may need it"
    assert await store.apply(WriteSet(closed=[(stream(1), 1)]))
    assert [known.stream.ordinal for known in await store.streams() or ()] == [2]
    assert (await store.layout(b"\x01"), await store.layout(b"\x02")) == (None, b"layout")
    await store.close()


async def test_the_newest_number_of_a_stream_is_stored_without_its_batches(
    tmp_path: Path,
) -> None:
    store = store_at(tmp_path / "spool.db")
    await store.apply(WriteSet(newest_numbers=[(stream(1), 7)]))
    streams = await store.streams()
    assert streams is not None
    ((known, last_number, is_closed),) = streams
    assert (known, last_number, is_closed) == (stream(1), 7, False)
    await store.mark_closed(stream(1), 8)
    assert (await store.streams() or [])[0][1:] == (8, True)
    await store.close()


@pytest.mark.parametrize("news", [0, 1, 2])
async def test_a_batch_from_the_disk_says_whether_there_is_news_in_it(
    tmp_path: Path, news: int
) -> None:
    store = store_at(tmp_path / "spool.db")
    assert (await store.oldest(9), await store.newest_news()) == ([], None)
    await store.apply(WriteSet(rows=[row(1, 1, news=news)]))
    assert store.waiting == 1
    (batch,) = await store.oldest(9)
    assert (batch.results, batch.has_news) == (3, news > 0)
    newest = await store.newest_news()
    assert (newest is not None) is (news > 0)
    store.note_acknowledged(batch.key)
    assert (await store.oldest(9), await store.newest_news()) == ([], None)
    assert store.has_acknowledged
    assert store.waiting == 1, "until it is removed"
    await store.apply(WriteSet())
    assert (store.waiting, store.has_acknowledged) == (0, False)
    await store.close()


async def test_batches_behind_acknowledged_ones_are_found_on_a_disk_that_takes_no_writes(
    tmp_path: Path,
) -> None:
    path = tmp_path / "spool.db"
    refusals: list[NoticeCode] = []
    store = DiskStore(
        DiskExecutor(path, lambda code, _: refusals.append(code)), 1 << 20, lambda _: None
    )
    rows = [row(1, number, news=1) for number in range(1, BATCHES + 1)]
    await store.apply(WriteSet(rows=rows))
    with sqlite3.connect(path) as other:
        other.execute("BEGIN IMMEDIATE")  # SQLite refuses every write until this ends
        store.note_acknowledged(rows[0].key)
        assert not await store.apply(WriteSet())
        for done in range(1, BATCHES):
            # A pass that broke off has left them; each pass begins with the oldest again.
            store.note_acknowledged(rows[done - 1].key)
            found = await store.oldest(AT_ONCE)
            assert found, f"{BATCHES - done} batches wait behind {done} acknowledged ones"
            assert found[0].key == rows[done].key
        other.rollback()
    other.close()
    assert refusals == [NoticeCode.SPOOL_FULL]
    assert await store.apply(WriteSet())
    assert store.waiting == 1
    await store.close()


async def test_news_behind_acknowledged_news_is_found_before_that_is_removed(
    tmp_path: Path,
) -> None:
    store = store_at(tmp_path / "spool.db")
    rows = [row(1, number, news=number % 2) for number in range(1, BATCHES + 1)]
    await store.apply(WriteSet(rows=rows))
    with_news = [batch.key for batch in rows if batch.news]
    found = []
    while (newest := await store.newest_news()) is not None:
        found.append(newest.key)
        store.note_acknowledged(newest.key)
    assert found == with_news[::-1]
    await store.close()


async def test_number_and_size_of_waiting_batches_are_known_for_each_stream(
    tmp_path: Path,
) -> None:
    store = store_at(tmp_path / "spool.db")
    rows = [row(1, 1), row(1, 2), row(3, 1)._replace(body=bytes(40_000))]
    await store.apply(WriteSet(rows=rows))
    assert (store.totals.batches, store.totals.results) == (3, 9)
    assert store.totals.by_stream == {1: 2, 3: 1}
    full_bytes = store.totals.used_bytes
    assert full_bytes % 4096 == 0
    assert full_bytes > 40_000
    store.note_acknowledged(rows[2].key)
    await store.apply(WriteSet())
    assert store.totals.used_bytes < full_bytes - 36_000, "free pages are no use of the card"
    await store.close()


async def test_a_record_whose_disk_refuses_from_the_beginning_counts_nothing_on_it(
    tmp_path: Path,
) -> None:
    (tmp_path / "state").write_text("a file where the directory should stand")
    spool = await opened(tmp_path)
    status = spool.status()
    assert status.is_disk_refusing
    assert status.waiting_batches == 1, "the one that says so"
    assert (status.waiting_on_disk, status.waiting_results) == (0, 0)
    assert status.disk_bytes == 0
    assert not spool.has_on_disk()
    await spool.close()
