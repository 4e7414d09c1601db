"""Batches of one boot whose clocks contradict each other: nothing happened after it came in."""

from collections.abc import Iterable, Sequence
from itertools import permutations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collector.timeline.boot_script import CUT, EPOCH_S, NS, UP, BootScript
from tests.collector.timeline.whole_record import whole_record
from tests.timing import examples
from thongsuot_collector.journal.entry import ClockQuality
from thongsuot_collector.timeline.batch_summary import BatchSummary
from thongsuot_collector.timeline.dating import dating_of, latest_epoch_ns
from thongsuot_collector.timeline.settings import TimelineSettings
from thongsuot_collector.timeline.site import CollectorClock, SiteTimeline

SETTINGS = TimelineSettings()
YEAR_S = 365 * 86_400
NOW_NS = EPOCH_S * NS
AHEAD_NS = 2 * NS
"""So far ahead the ingest lets a clock be that is believed."""

SLACK_NS = 30 * NS + 3600 * NS


def timeline_of(pieces: Iterable[BatchSummary]) -> SiteTimeline:
    timeline = SiteTimeline(site="s1")
    clock = CollectorClock(now_ns=NOW_NS + 100 * YEAR_S * NS, listening_since_ns=0)
    for piece in pieces:
        timeline.apply(piece, clock, msgspec.structs.replace(SETTINGS, kept_s=1e10))
    return timeline


def latest_start_ns(timeline: SiteTimeline) -> int:
    return max(
        interval.start_ns for intervals in whole_record(timeline).values() for interval in intervals
    )


def piece(
    script: BootScript, boot_s: int, epoch_s: int, quality: ClockQuality, *, received_s: int = 0
) -> BatchSummary:
    """Seal a fault at a moment of the boot, which the device's clock puts at another one."""
    script.quality, script.off_by_s = quality, epoch_s
    verdict = CUT if script.number % 2 else UP
    sealed = script.batch(
        *(boot_s - 1, boot_s), [script.change("fiber", verdict, boot_s - 1, boot_s)]
    )
    return msgspec.structs.replace(sealed, received_ns=NOW_NS + received_s * NS)


@pytest.mark.parametrize("first", list(ClockQuality))
@pytest.mark.parametrize("second", list(ClockQuality))
@pytest.mark.parametrize("is_turned", [False, True], ids=["in order", "turned"])
def test_two_clocks_of_one_boot_date_no_fault_years_ahead(
    first: ClockQuality, second: ClockQuality, is_turned: bool
) -> None:
    script = BootScript()
    # Each alone is credible: what it tells of happened just before it came in.
    pieces = [
        piece(script, 10, -10, first),
        piece(script, 10 * YEAR_S, -10 * YEAR_S, second),
    ]
    timeline = timeline_of(reversed(pieces) if is_turned else pieces)
    assert latest_start_ns(timeline) <= NOW_NS + SLACK_NS


@st.composite
def batches(draw: st.DrawFn) -> list[BatchSummary]:
    """Draw batches of one boot as they pass the ingest, in the order in which they came in."""
    script = BootScript()
    pieces: list[BatchSummary] = []
    received_s = 0
    for _ in range(draw(st.integers(2, 6))):
        received_s += draw(st.integers(0, 1_000))
        boot_s = draw(st.integers(1, 40 * YEAR_S))
        early_s = draw(st.sampled_from((0, 0, 60, 86_400, YEAR_S)))
        quality = draw(st.sampled_from(ClockQuality))
        pieces.append(
            piece(script, boot_s, received_s - early_s - boot_s, quality, received_s=received_s)
        )
    return pieces


@settings(max_examples=examples(100), deadline=None)
@given(batches())
def test_no_moment_of_a_boot_is_dated_in_the_future(
    pieces: Sequence[BatchSummary],
) -> None:
    newest_ns = max(sealed.received_ns or 0 for sealed in pieces)
    assert latest_start_ns(timeline_of(pieces)) <= newest_ns + AHEAD_NS + SLACK_NS


def test_the_order_in_which_contradicting_batches_came_changes_nothing() -> None:
    script = BootScript()
    epochs_s = ((10, -10), (YEAR_S, -YEAR_S), (YEAR_S + 7, -YEAR_S - 47), (90, -10))
    pieces = [piece(script, *at, ClockQuality.CLAIMED) for at in epochs_s]
    known = whole_record(timeline_of(pieces))
    for order in permutations(pieces):
        assert whole_record(timeline_of(order)) == known


def test_batches_with_ever_shorter_delays_do_not_redate_their_boot_each_time() -> None:
    script = BootScript()
    timeline = timeline_of(
        [
            piece(script, 10, -10, ClockQuality.CLAIMED),
            piece(script, YEAR_S, -YEAR_S, ClockQuality.CLAIMED),
        ]
    )
    (boot,) = timeline.boots.values()
    datings = set()
    for later in range(1, 20):
        newer = piece(script, YEAR_S + 2 * later, -YEAR_S, ClockQuality.CLAIMED, received_s=later)
        boot.add(newer)
        datings.add(boot.dating)
    assert len(datings) <= 2


def test_a_device_whose_quartz_is_poor_keeps_the_dating_it_has() -> None:
    script = BootScript()
    pieces = []
    for day in range(60):
        # It counts 100 millionths more seconds than pass.
        boot_s = 86_400 * day + 10
        true_s = round(boot_s * (1 - 1e-4))
        pieces.append(
            piece(script, boot_s, true_s - boot_s, ClockQuality.CORRECTED, received_s=true_s)
        )
    timeline = timeline_of(pieces)
    (boot,) = timeline.boots.values()
    assert boot.dating.epoch_ns == pieces[0].epoch_ns


@pytest.mark.parametrize("back_s", [40 * 86_400, 3_600])
def test_a_collector_whose_clock_goes_back_for_a_while_carries_no_boot_into_the_past(
    back_s: int,
) -> None:
    script = BootScript()
    first = piece(script, 1_000, -1_000, ClockQuality.TRUSTED)
    wrong = piece(script, 1_015, -1_000, ClockQuality.IMPOSSIBLE, received_s=15 - back_s)
    after = piece(script, 1_030, -1_000, ClockQuality.TRUSTED, received_s=30)
    timeline = timeline_of([first, wrong, after])
    (boot,) = timeline.boots.values()
    assert boot.dating.epoch_ns == NOW_NS - 1_000 * NS
    assert boot.last_sign_ns >= NOW_NS + 29 * NS


MOMENTS = st.integers(0, 10**14)
NEARLY_NOW = st.integers(-200 * NS, 200 * NS)


def summary(quality: ClockQuality, sealed_ns: int, epoch_ns: int, late_ns: int) -> BatchSummary:
    return BatchSummary(
        site="s1",
        stream="0011",
        number=1,
        digest=b"",
        boot_id="boot",
        epoch_ns=epoch_ns,
        quality=quality,
        sealed_ns=sealed_ns,
        received_ns=None if late_ns == 0 else epoch_ns + sealed_ns + late_ns,
        spans=((max(0, sealed_ns - 15 * NS), sealed_ns),),
    )


SUMMARIES = st.builds(
    summary,
    st.sampled_from(ClockQuality),
    MOMENTS,
    NEARLY_NOW.map(lambda off_ns: NOW_NS + off_ns),
    NEARLY_NOW,
)


@given(SUMMARIES, SUMMARIES, st.none() | NEARLY_NOW.map(lambda off_ns: NOW_NS + off_ns))
@settings(max_examples=examples(300))
def test_a_dating_that_stays_by_the_short_check_stays_by_the_full_rules(
    first: BatchSummary, later: BatchSummary, latest_ns: int | None
) -> None:
    dating, own, bound_ns = dating_of(first), dating_of(later), latest_epoch_ns(later)
    if dating.certainly_stays(later, latest_ns):
        assert not own.is_better_than(dating)
        assert dating.not_after(latest_ns) == dating.not_after(bound_ns) == dating


def test_an_ordinary_batch_leaves_the_dating_by_the_short_check() -> None:
    first = summary(ClockQuality.TRUSTED, 100 * NS, NOW_NS, 1)
    later = summary(ClockQuality.TRUSTED, 115 * NS, NOW_NS + 1, 1)
    assert dating_of(first).certainly_stays(later, NOW_NS + NS)
    assert not dating_of(later).certainly_stays(first, NOW_NS + NS)
