"""One boot by itself: which batch dates it, when its moments were, and what of it is let go."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from thongsuot_collector.journal.entry import ClockQuality
from thongsuot_collector.timeline.batch_summary import BatchSummary
from thongsuot_collector.timeline.boot import BootMoment, BootRecord, moment_of, subject_key
from thongsuot_collector.timeline.dating import TRAVEL_ERROR_S, BootDating, dating_of
from thongsuot_collector.timeline.settings import TimelineSettings
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, Verdict, VerdictChange

NS = 10**9
EPOCH_NS = 1_795_000_000 * NS
FIBER = subject_key("fiber", "")


def summary(
    number: int = 1,
    *,
    quality: ClockQuality = ClockQuality.TRUSTED,
    sealed_s: float = 100.0,
    epoch_ns: int = EPOCH_NS,
    spans: tuple[tuple[int, int], ...] = (),
    starts_s: tuple[int, ...] = (),
    changes_s: tuple[int, ...] = (),
    error_s: float | None = None,
) -> BatchSummary:
    verdict = Verdict(
        link="fiber",
        service="",
        state=State.DOWN,
        segment=Segment.ACCESS,
        symptom=Symptom.ACCESS_SILENT,
    )
    return BatchSummary(
        site="s1",
        stream="a1",
        number=number,
        digest=bytes([number]),
        boot_id="b1",
        epoch_ns=epoch_ns,
        quality=quality,
        sealed_ns=round(sealed_s * NS),
        clock_error_s=error_s,
        spans=tuple((first_s * NS, last_s * NS) for first_s, last_s in spans),
        starts=tuple(second * NS for second in starts_s),
        changes=tuple(
            VerdictChange(
                verdict=verdict,
                before=State.UP,
                onset_boottime_ns=(second - 1) * NS,
                decided_boottime_ns=second * NS,
            )
            for second in changes_s
        ),
    )


def boot_with(*summaries: BatchSummary) -> BootRecord:
    boot = BootRecord(dating=dating_of(summaries[0]))
    for piece in summaries:
        boot.add(piece)
    return boot


def test_a_boot_is_dated_by_the_clock_that_is_believed_most() -> None:
    qualities = (
        ClockQuality.IMPOSSIBLE,
        ClockQuality.UNCERTAIN,
        ClockQuality.CLAIMED,
        ClockQuality.CORRECTED,
        ClockQuality.TRUSTED,
    )
    # Each better one was sealed later, which must not count.
    datings = [
        dating_of(summary(quality=quality, sealed_s=place, epoch_ns=EPOCH_NS + place))
        for place, quality in enumerate(qualities)
    ]
    for worse, better in pairwise(datings):
        assert better.is_better_than(worse)
        assert not worse.is_better_than(better)


def test_of_equally_good_datings_the_first_counts_and_of_simultaneous_ones_the_earliest() -> None:
    first = BootDating(rank=4, sealed_ns=5, epoch_ns=90, error_s=None)
    later = BootDating(rank=4, sealed_ns=6, epoch_ns=10, error_s=None)
    assert first.is_better_than(later)
    assert not later.is_better_than(first)
    assert not first.is_better_than(first)
    same = BootDating(rank=4, sealed_ns=5, epoch_ns=80, error_s=None)
    assert same.is_better_than(first), "of those sealed at once, the earlier: no moment lies ahead"
    assert not first.is_better_than(same)
    early = BootDating(rank=0, sealed_ns=6, epoch_ns=10, error_s=None)
    assert early.is_better_than(BootDating(rank=0, sealed_ns=5, epoch_ns=11, error_s=None))


@pytest.mark.parametrize(
    ("quality", "is_dated", "error_s"),
    [
        (ClockQuality.IMPOSSIBLE, False, None),
        (ClockQuality.UNCERTAIN, False, None),
        (ClockQuality.CLAIMED, True, 0.25),
        (ClockQuality.WRONG, True, TRAVEL_ERROR_S),
        (ClockQuality.CORRECTED, True, TRAVEL_ERROR_S),
        (ClockQuality.TRUSTED, True, 0.25),
    ],
)
def test_a_moment_is_dated_by_its_own_batch_where_that_can_be_believed(
    quality: ClockQuality, is_dated: bool, error_s: float | None
) -> None:
    piece = summary(quality=quality, error_s=0.25)
    assert moment_of(piece, 7) == BootMoment(7, EPOCH_NS + 7 if is_dated else None)
    assert dating_of(piece).error_s == error_s


@pytest.mark.parametrize(
    ("off_s", "is_credible"), [(30.0, True), (-30.0, True), (30.5, False), (-30.5, False)]
)
def test_a_moment_whose_own_clock_contradicts_the_boot_uses_the_time_of_the_boot(
    off_s: float, is_credible: bool
) -> None:
    boot = boot_with(summary(sealed_s=0.0, spans=((0, 10),)))
    own_ns = EPOCH_NS + round((5 + off_s) * NS) - (1 if off_s < 0 else 0)
    moment = BootMoment(5 * NS, own_ns)
    assert boot.wall_ns(moment) == (own_ns if is_credible else EPOCH_NS + 5 * NS)


def test_the_state_at_a_time_stays_when_everything_before_it_is_dropped() -> None:
    boot = boot_with(
        summary(spans=((10, 20), (200, 300)), starts_s=(10, 50, 250), changes_s=(15, 60, 260))
    )
    boot.trim_before(EPOCH_NS + 100 * NS)
    assert [verdict.decided_ns // NS for verdict in boot.verdicts[FIBER]] == [60, 260]
    assert [start.boot_ns // NS for start in boot.starts] == [50, 250]
    assert [span.begin.boot_ns // NS for span in boot.spans] == [200]


def test_the_last_of_everything_stays_however_long_ago_it_was() -> None:
    boot = boot_with(summary(spans=((10, 20),), starts_s=(10, 12), changes_s=(15, 16)))
    boot.trim_before(EPOCH_NS + 10_000 * NS)
    assert [verdict.decided_ns // NS for verdict in boot.verdicts[FIBER]] == [16]
    assert [start.boot_ns // NS for start in boot.starts] == [12]
    assert len(boot.spans) == 1


def test_entries_exactly_as_old_as_the_retention_are_kept() -> None:
    boot = boot_with(summary(spans=((10, 20), (200, 300)), starts_s=(10, 50), changes_s=(15, 100)))
    boot.trim_before(EPOCH_NS + 20 * NS)
    assert [verdict.decided_ns // NS for verdict in boot.verdicts[FIBER]] == [15, 100]
    assert [start.boot_ns // NS for start in boot.starts] == [10, 50]
    assert len(boot.spans) >= 2


def touched_s(boot: BootRecord, piece: BatchSummary) -> list[float]:
    return [moment_ns / NS for moment_ns in boot.moments_touched_by(piece)]


def test_the_first_batch_of_a_stream_changes_only_its_own_moments() -> None:
    boot = boot_with(summary(sealed_s=500.0, spans=((400, 499),)))
    first = msgspec.structs.replace(summary(1, spans=((90, 99),)), stream="a2")
    assert touched_s(boot, first) == [90, 99, 100]


@pytest.mark.parametrize(("sealed_s", "doubted_from_s"), [(50.0, 50), (500.0, 0)])
def test_a_stream_without_its_beginning_is_in_doubt_from_the_batch_before_or_from_the_boot(
    sealed_s: float, doubted_from_s: int
) -> None:
    boot = boot_with(summary(sealed_s=sealed_s, spans=((20, 40),)))
    later = msgspec.structs.replace(summary(3, spans=((90, 99),)), stream="a2")
    assert touched_s(boot, later) == [doubted_from_s, 90, 99, 100]


def test_settings_accept_fractions_of_a_second_and_refuse_zero() -> None:
    for name in TimelineSettings.__struct_fields__:
        assert getattr(msgspec.convert({name: 0.5}, TimelineSettings), name) == 0.5
        with pytest.raises(msgspec.ValidationError, match="> 0"):
            msgspec.convert({name: 0.0}, TimelineSettings)


@given(st.lists(st.tuples(*[st.integers(0, 3)] * 5), min_size=1, max_size=12))
def test_adding_to_the_newest_span_without_a_search_gives_the_same_result(
    steps: list[tuple[int, ...]],
) -> None:
    """The quick path and the full search agree for streams, numbers, spans, clocks in any order."""
    first = structs.replace(summary(spans=((90, 100),)), stream="a0")
    short, long = boot_with(first), boot_with(first)
    now_s, numbers = 100, {"a0": 1}
    for stream_number, skipped, gap_s, length_s, clock in steps:
        stream = f"a{stream_number}"
        numbers[stream] = number = numbers.get(stream, 0) + 1 + skipped // 3
        begin_s = now_s + (gap_s - 1) * 40
        now_s = max(now_s, begin_s + 5 * length_s)
        piece = structs.replace(
            summary(
                number,
                quality=tuple(ClockQuality)[clock],
                sealed_s=now_s,
                spans=((max(begin_s, 0), now_s),),
            ),
            stream=stream,
        )
        if short.has_batch(piece):
            continue
        if short.is_extended_by(piece):
            short.extend(piece)
        else:
            short.add(piece)
        long.add(piece)
        assert short == long
