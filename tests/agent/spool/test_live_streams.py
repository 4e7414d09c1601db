"""What a device reports of its streams: how far they are, what waits and what is lost."""

import sqlite3
from pathlib import Path

import pytest

from tests.agent.spool.making import CollectedRecord, change, opened, places, result
from tests.agent.spool.test_disk import stream
from tests.fakes.clock import FakeClock
from thongsuot_agent.spool.live_streams import LiveStreams
from thongsuot_agent.spool.rejected import Rejection
from thongsuot_agent.spool.rows import KnownStream
from thongsuot_agent.spool.spool import Spool
from thongsuot_agent.spool.stream import BatchKey
from thongsuot_schema.batch.record_report import (
    STREAMS_REPORTED,
    LossReason,
    RecordReport,
    StreamProgress,
    parse_lost,
    parse_report,
)

NOTHING = BatchKey(0, 0)


def report(spool: Spool, besides: BatchKey = NOTHING) -> RecordReport:
    parsed = parse_report(spool.record_report(besides))
    assert parsed is not None
    return parsed


def sealed(spool: Spool, serial: int) -> None:
    spool.add_entry(result(serial))
    spool.seal()


async def lost_of(spool: Spool) -> list[tuple[str, str, int, int | None]]:
    spool.seal()
    collected = CollectedRecord()
    await collected.accept_all(spool)
    losses = [parse_lost(notice) for batch in collected.ordered for notice in batch.notices]
    return [
        (lost.reason.value, lost.stream, lost.first, lost.last)
        for lost in losses
        if lost is not None
    ]


async def test_the_batch_being_pushed_does_not_count_as_waiting(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    for serial in (1, 2, 3):
        sealed(spool, serial)
    newest = spool.newest_recent()
    assert newest is not None
    stream = spool.status().stream
    assert report(spool, newest.key) == RecordReport(
        streams=(StreamProgress(stream=stream, highest=3, waiting=2),)
    )
    await CollectedRecord().accept_all(spool)
    assert report(spool) == RecordReport(
        streams=(StreamProgress(stream=stream, highest=3, waiting=0),)
    )
    await spool.close()


async def test_batches_waiting_on_the_disk_still_wait_after_a_restart(tmp_path: Path) -> None:
    fake = FakeClock()
    spool = await opened(tmp_path, fake, disk_after_s=1.0)
    for serial in (1, 2):
        sealed(spool, serial)
    fake.advance(60)
    await spool.maintain()
    former = spool.status().stream
    await spool.close()
    spool = await opened(tmp_path, fake, disk_after_s=1.0)
    by_name = {progress.stream: progress for progress in report(spool).streams}
    assert by_name[former] == StreamProgress(stream=former, highest=2, waiting=2)
    await spool.close()


async def test_batches_that_are_dropped_whole_are_named_in_the_record(tmp_path: Path) -> None:
    fake = FakeClock()
    spool = await opened(tmp_path, fake, disk_after_s=1.0, max_age_s=86400.0)
    for serial in (1, 2, 3):
        sealed(spool, serial)
    fake.advance(60)
    await spool.maintain()
    with sqlite3.connect(places(tmp_path).spool_file) as db:
        db.execute("UPDATE batches SET body = x'c1' WHERE id & 3 > 1")
    db.close()
    fake.advance(90_000)
    stream = spool.status().stream
    await spool.maintain()
    assert await lost_of(spool) == [(LossReason.DROPPED.value, stream, 2, 3)]
    await spool.close()


async def test_a_refused_batch_is_named_and_named_again_when_its_file_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thongsuot_agent.spool.rejected.MAX_FILES", 1)
    spool = await opened(tmp_path)
    stream = spool.status().stream
    for serial in (1, 2):
        sealed(spool, serial)
    second = spool.newest_recent()
    assert second is not None
    first = spool.newest_recent(besides=[second.key])
    assert first is not None
    for batch in (first, second):
        assert await spool.set_aside_rejected(batch, Rejection(status=422, error="no"))
    assert await lost_of(spool) == [
        (LossReason.REJECTED.value, stream, 1, 1),
        (LossReason.REJECTED_DELETED.value, stream, 1, 1),
        (LossReason.REJECTED.value, stream, 2, 2),
    ]
    await spool.close()


async def test_losses_by_a_power_cut_are_named_by_the_next_boot(tmp_path: Path) -> None:
    spool = await opened(tmp_path)
    stream = spool.status().stream
    spool.add_entry(change(1))
    spool.seal()
    await spool.maintain()  # a verdict change goes to the disk at once, and the stream's name too
    await spool._store.close()
    for file in places(tmp_path).record_dir.rglob("*"):
        if file.is_file():
            file.unlink()
    spool = await opened(tmp_path)
    assert (LossReason.POWER_CUT.value, stream, 1, None) in await lost_of(spool)
    await spool.close()


def known_streams(*ordinals: int) -> LiveStreams:
    streams = LiveStreams()
    for ordinal in ordinals:
        streams.note_newest(stream(ordinal), 10 * ordinal)
    return streams


def ranges_of(streams: LiveStreams, *keys: tuple[int, int]) -> list[tuple[int, int, int | None]]:
    lost = streams.lost_batches([BatchKey(*key) for key in keys], LossReason.DROPPED)
    return [(int(batches.stream, 16), batches.first, batches.last) for batches in lost]


@pytest.mark.parametrize(
    ("keys", "ranges"),
    [
        ([], []),
        ([(1, 5)], [(1, 5, 5)]),
        ([(1, 6), (1, 5), (1, 7)], [(1, 5, 7)]),
        ([(1, 5), (1, 5)], [(1, 5, 5)]),
        ([(1, 5), (1, 7)], [(1, 5, 5), (1, 7, 7)]),
        ([(1, 5), (2, 6)], [(1, 5, 5), (2, 6, 6)]),
        ([(1, 1), (2, 1), (2, 2)], [(1, 1, 1), (2, 1, 2)]),
        ([(3, 1), (2, 4)], [(2, 4, 4)]),
        ([(1, 1), (1, 3), (1, 4), (1, 9)], [(1, 1, 1), (1, 3, 4), (1, 9, 9)]),
    ],
)
def test_lost_batches_that_follow_each_other_in_a_known_stream_are_one_range(
    keys: list[tuple[int, int]], ranges: list[tuple[int, int, int]]
) -> None:
    assert ranges_of(known_streams(1, 2), *keys) == ranges


@pytest.mark.parametrize("apart", [32, 33, 40])
def test_beyond_thirty_two_ranges_one_range_a_stream_covers_what_is_left(apart: int) -> None:
    streams = known_streams(1, 2)
    keys = [(1, 2 * place) for place in range(1, apart + 1)]
    named = ranges_of(streams, *keys, (2, 7), (2, 9))
    first = [(1, number, number) for _, number in keys[:32]]
    covered = [(1, 66, 2 * apart)] if apart > 32 else []
    assert named == [*first, *covered, (2, 7, 9)]


def test_the_newest_number_of_a_stream_never_decreases() -> None:
    streams = LiveStreams()
    streams.add_known([KnownStream(stream(1), 7, is_closed=False)])
    streams.add_known([KnownStream(stream(1), 5, is_closed=False)])
    assert streams.newest_numbers == {1: 7}
    streams.add_known([KnownStream(stream(1), 8, is_closed=False)])
    assert (streams.newest_numbers, streams.names) == ({1: 8}, {1: stream(1).name})


def test_with_more_streams_than_a_report_holds_it_names_the_newest_and_reports_it() -> None:
    for count, is_complete in ((STREAMS_REPORTED, True), (STREAMS_REPORTED + 1, False)):
        ordinals = range(1, count + 1)
        made = known_streams(*ordinals).report(
            stream(count), [dict.fromkeys(ordinals, 2)], BatchKey(count, 1)
        )
        shown = [int(progress.stream, 16) for progress in made.streams]
        assert shown == list(range(count, count - STREAMS_REPORTED, -1))
        assert [progress.waiting for progress in made.streams[:2]] == [1, 2]
        assert made.streams[0].highest == 10 * count
        assert made.is_complete is is_complete


def test_streams_without_waiting_batches_or_known_numbers_are_not_reported() -> None:
    made = known_streams(1, 2).report(stream(2), [{1: 0, 3: 4}], NOTHING)
    assert made == RecordReport(
        streams=(StreamProgress(stream=stream(2).name, highest=20, waiting=0),)
    )


def test_a_stream_known_by_name_only_has_no_batches() -> None:
    streams = LiveStreams(names={1: stream(1).name})
    made = streams.report(stream(1), [], NOTHING)
    assert [progress.highest for progress in made.streams] == [0]


def test_a_former_stream_has_ended_once_nothing_of_it_waits() -> None:
    streams = known_streams(1, 2)
    streams.former = {1: stream(1), 3: stream(3)}
    assert streams.ended([]) == [(stream(1), 10), (stream(3), 0)]
    streams.release(stream(1))
    assert streams.ended([]) == [(stream(3), 0)]
