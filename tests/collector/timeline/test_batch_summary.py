"""What is taken out of a batch for the timeline."""

from thongsuot_collector.journal.entry import ClockQuality, JournalEntry
from thongsuot_collector.timeline.batch_summary import BatchSummary, spans_of, summarize_batch
from thongsuot_schema.batch.columns import decode_columns
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.encode import encode_batch, index_layout
from thongsuot_schema.batch.layout import compile_layout, sorted_layout
from thongsuot_schema.batch.model import Batch, ClockReading, Notice, NoticeCode
from thongsuot_schema.catalogue import icmp
from thongsuot_schema.result import Family, Result, Series, ok_finding
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Verdict, VerdictChange

S = 10**9
SERIES = Series(kind="icmp", revision=1, link="fiber", target="vnix", family=Family.IP4)


def piece_from(
    runs_s: tuple[int, ...] = (),
    notices: tuple[Notice, ...] = (),
    changes: tuple[VerdictChange, ...] = (),
    sealed_s: int = 100,
) -> BatchSummary:
    layout = sorted_layout([SERIES])
    batch = Batch(
        site="ba-dinh-1",
        stream="00000000000000aa",
        number=7,
        boot_id="11111111-2222-3333-4444-555555555555",
        clock=ClockReading(boottime_ns=sealed_s * S, wall_ns=5_000 * S, error_s=0.02),
        previous=bytes(16),
        results=tuple(
            Result(
                series=SERIES,
                boottime_ns=at * S,
                finding=ok_finding({icmp.RTT: 0.004, icmp.LOSS: 0.0}),
            )
            for at in runs_s
        ),
        notices=notices,
        changes=changes,
    )
    body = encode_batch(batch, index_layout(layout))
    entry = JournalEntry(
        site=batch.site,
        stream=batch.stream,
        number=batch.number,
        digest=digest_of(body),
        layout=bytes(16),
        received_ns=6_000 * S,
        epoch_ns=4_900 * S,
        clock=ClockQuality.TRUSTED,
        body=body,
    )
    return summarize_batch(entry, decode_columns(body, lambda _: compile_layout(layout)))


def test_a_summary_keeps_identity_times_and_changes_but_no_results() -> None:
    change = VerdictChange(
        verdict=Verdict(link="fiber", service="", state=State.UP),
        before=State.UNKNOWN,
        onset_boottime_ns=90 * S,
        decided_boottime_ns=91 * S,
    )
    started = Notice(code=NoticeCode.STARTED, boottime_ns=88 * S, text="0.1.0")
    piece = piece_from((90, 95), (started,), (change,))
    assert (piece.site, piece.stream, piece.number) == ("ba-dinh-1", "00000000000000aa", 7)
    assert (piece.epoch_ns, piece.sealed_ns, piece.clock_error_s) == (4_900 * S, 100 * S, 0.02)
    assert piece.spans == ((88 * S, 100 * S),)
    assert piece.received_ns == 6_000 * S
    assert piece.starts == (88 * S,)
    assert piece.changes == (change,)


def test_a_gap_in_the_results_is_a_gap_in_the_spans() -> None:
    piece = piece_from((100, 110, 400, 410), sealed_s=415)
    assert piece.spans == ((100 * S, 110 * S), (400 * S, 415 * S))


def test_a_batch_that_lost_its_results_still_tells_that_they_were_measured() -> None:
    dropped = Notice(
        code=NoticeCode.DROPPED, boottime_ns=900 * S, count=500, from_boottime_ns=300 * S
    )
    assert piece_from((), (dropped,), sealed_s=900).spans == ((300 * S, 900 * S),)


def test_a_notice_of_dropped_results_that_makes_no_sense_covers_nothing() -> None:
    dropped = Notice(code=NoticeCode.DROPPED, boottime_ns=100 * S, from_boottime_ns=200 * S)
    assert piece_from((), (dropped,)).spans == ((100 * S, 100 * S),)


def test_spans_less_than_a_minute_apart_are_merged() -> None:
    spans = spans_of([(200 * S, 210 * S), (0, 10 * S), (70 * S, 80 * S), (0, 75 * S)])
    assert spans == ((0, 80 * S), (200 * S, 210 * S))
