"""No decision of an agent is removed from the past by a later batch."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collector.timeline.boot_script import (
    CUT,
    LOSSY,
    NS,
    SOMEWHERE,
    UNJUDGED,
    UNPLUGGED,
    UP,
    BootScript,
    VerdictTriple,
    wall_ns,
)
from tests.collector.timeline.whole_record import whole_record
from tests.timing import examples
from thongsuot_collector.journal.entry import ClockQuality
from thongsuot_collector.timeline.batch_summary import BatchSummary
from thongsuot_collector.timeline.interval import Interval
from thongsuot_collector.timeline.settings import TimelineSettings
from thongsuot_collector.timeline.site import CollectorClock, SiteTimeline
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.state import State

FIBER = Subject("s1", "fiber")
STALE: VerdictTriple = UNJUDGED
"""What an agent says of a line of which it hears nothing, and knows no fault."""

PUSH_S = 15


@dataclass(frozen=True)
class Decision:
    """A verdict ``wait_s`` after the one before it, whose onset is claimed ``back_s`` earlier."""

    wait_s: int
    back_s: int
    verdict: VerdictTriple
    is_after_a_restart: bool = False
    clock_off_by_s: int = 0


decisions = st.builds(
    Decision,
    wait_s=st.sampled_from([1, 3, 10, 45, 303, 7_200]),
    back_s=st.sampled_from([0, 1, 3, 20, 400, 20_000]),
    verdict=st.sampled_from([UP, CUT, UNPLUGGED, LOSSY, STALE, SOMEWHERE]),
    is_after_a_restart=st.sampled_from([False, False, False, True]),
    clock_off_by_s=st.sampled_from([0, 0, 0, 2, -2, 86_400, -86_400]),
)


def record_of(course: Sequence[Decision]) -> BootScript:
    """Return the batches of an agent that decides so."""
    script = BootScript()
    now_s = 30
    script.batch(0, now_s, [script.change("fiber", UP, 2, 3)], starts=[0])
    for decision in course:
        begin_s, now_s = now_s, now_s + decision.wait_s
        onset_s = max(0, now_s - decision.back_s)
        change = script.change("fiber", decision.verdict, onset_s, now_s)
        starts = [now_s - 0.5] if decision.is_after_a_restart else []
        # A clock that is set wrong is not believed by the collector, except of a spool.
        is_wrong = decision.clock_off_by_s not in {0, 2, -2}
        script.quality = ClockQuality.CLAIMED if is_wrong else ClockQuality.TRUSTED
        script.off_by_s = decision.clock_off_by_s
        script.batch(begin_s, now_s, [change], starts=starts)
    script.quality, script.off_by_s = ClockQuality.TRUSTED, 0
    script.batch(now_s, now_s + PUSH_S)
    return script


def timeline_of(summaries: Sequence[BatchSummary]) -> SiteTimeline:
    timeline = SiteTimeline(site="s1")
    end_s = max(summary.sealed_ns for summary in summaries) / NS + 1
    clock = CollectorClock(now_ns=wall_ns(end_s), listening_since_ns=0)
    for summary in summaries:
        timeline.apply(summary, clock, TimelineSettings())
    return timeline


def shown(timeline: SiteTimeline) -> list[Interval]:
    return list(whole_record(timeline)[FIBER])


def is_told_anew(decision: Decision, following: Decision) -> bool:
    """Return whether the next decision may name the same fault otherwise, from its onset on."""
    if following.is_after_a_restart:
        return False
    before, after = decision.verdict[0], following.verdict[0]
    if State.UNKNOWN in {before, after}:
        is_fault = decision.verdict == SOMEWHERE
        return is_fault and following.verdict not in {UP, STALE}
    return before is after


@given(st.lists(decisions, min_size=2, max_size=8), st.randoms(use_true_random=False))
@settings(max_examples=examples(300), deadline=None)
def test_every_decision_stays_in_the_record(course: list[Decision], chance: random.Random) -> None:
    script = record_of(course)
    arrived = list(script.pieces)
    chance.shuffle(arrived)
    intervals = shown(timeline_of(arrived))
    for place, (decision, following) in enumerate(pairwise(course)):
        if is_told_anew(decision, following) or decision.verdict == following.verdict:
            continue
        kept = [
            interval
            for interval in intervals
            if (interval.state, interval.segment, interval.symptom) == decision.verdict
        ]
        assert kept, (place, decision)


@given(
    outage_s=st.one_of(st.integers(1, 400), st.integers(1, 7_200)),
    seen_after_s=st.integers(0, 60),
    stale_after_s=st.one_of(st.none(), st.integers(1, 120)),
    back_s=st.integers(0, 10_000),
    recovers_in_s=st.integers(0, 40),
    lost=st.sampled_from([CUT, UNPLUGGED, STALE, SOMEWHERE]),
)
@settings(max_examples=examples(400), deadline=None)
def test_an_outage_of_any_length_stays_an_outage_whenever_its_end_claims_to_have_begun(
    outage_s: int,
    seen_after_s: int,
    stale_after_s: int | None,
    back_s: int,
    recovers_in_s: int,
    lost: VerdictTriple,
) -> None:
    out_s = 100
    seen_s = out_s + min(seen_after_s, outage_s)
    script = BootScript()
    script.batch(0, out_s, [script.change("fiber", UP, 2, 3)], starts=[0])
    script.batch(out_s, seen_s + 1, [script.change("fiber", lost, out_s, seen_s)])
    latest_s = seen_s + 1
    if stale_after_s is not None and seen_s + stale_after_s < out_s + outage_s:
        latest_s = seen_s + stale_after_s + 1
        script.batch(seen_s + 1, latest_s, [script.change("fiber", STALE, out_s, latest_s - 1)])
    up_s = max(out_s + outage_s + recovers_in_s, latest_s)
    claimed_s = max(2, up_s - back_s)
    script.batch(latest_s, up_s + PUSH_S, [script.change("fiber", UP, claimed_s, up_s)])
    intervals = shown(timeline_of(script.pieces))
    in_outage = [
        interval
        for interval in intervals
        if interval.state is not State.UP and interval.start_ns >= wall_ns(out_s)
    ]
    assert in_outage, "an outage that was seen is in the record"
    assert in_outage[0].start_ns == wall_ns(out_s)
    ended_ns = in_outage[-1].end_ns
    assert ended_ns is not None
    # The end is where it claims to be, unless that lies before what had been seen already.
    assert ended_ns >= wall_ns(seen_s)
    if claimed_s > latest_s:
        assert ended_ns == wall_ns(claimed_s)
    if claimed_s <= out_s and outage_s > seen_after_s:
        assert ended_ns == wall_ns(up_s), "an end from before the outage is none"


def test_an_end_with_an_onset_before_a_stale_interval_keeps_that_interval() -> None:
    script = BootScript()
    script.batch(0, 100, [script.change("fiber", UP, 2, 3)], starts=[0])
    script.batch(100, 131, [script.change("fiber", STALE, 100, 130)])
    script.batch(131, 420, [script.change("fiber", UP, 2, 405)])
    assert [
        (interval.start_ns, interval.state) for interval in shown(timeline_of(script.pieces))[1:]
    ] == [
        (wall_ns(2), State.UP),
        (wall_ns(100), State.UNKNOWN),
        (wall_ns(405), State.UP),
    ]


def test_a_clock_that_was_wrong_for_a_while_hides_nothing_of_its_boot() -> None:
    script = BootScript()
    script.batch(0, 100, [script.change("fiber", UP, 2, 3)], starts=[0])
    script.quality, script.off_by_s = ClockQuality.CLAIMED, 40 * 86_400
    script.batch(100, 108, [script.change("fiber", CUT, 100, 103)])
    script.quality, script.off_by_s = ClockQuality.TRUSTED, 0
    script.batch(108, 400, [script.change("fiber", UP, 300, 310)])
    script.batch(400, 460, [script.change("fiber", LOSSY, 420, 450)])
    assert [
        (interval.start_ns, interval.state) for interval in shown(timeline_of(script.pieces))[1:]
    ] == [
        (wall_ns(2), State.UP),
        (wall_ns(100), State.DOWN),
        (wall_ns(300), State.UP),
        (wall_ns(420), State.DEGRADED),
    ]


def test_a_later_diagnosis_replaces_the_earlier_one_from_its_onset() -> None:
    script = BootScript()
    script.batch(0, 100, [script.change("fiber", UP, 2, 3)], starts=[0])
    script.batch(100, 104, [script.change("fiber", SOMEWHERE, 100, 103)])
    script.batch(104, 170, [script.change("fiber", CUT, 100, 163)])
    assert [
        (interval.start_ns, interval.state) for interval in shown(timeline_of(script.pieces))[1:]
    ] == [
        (wall_ns(2), State.UP),
        (wall_ns(100), State.DOWN),
    ]


def test_a_line_that_was_dead_is_not_called_slow_afterwards() -> None:
    script = BootScript()
    script.batch(0, 100, [script.change("fiber", UP, 2, 3)], starts=[0])
    script.batch(100, 104, [script.change("fiber", CUT, 100, 103)])
    script.batch(104, 220, [script.change("fiber", LOSSY, 100, 200)])
    assert [
        (interval.start_ns, interval.state) for interval in shown(timeline_of(script.pieces))[1:]
    ] == [
        (wall_ns(2), State.UP),
        (wall_ns(100), State.DOWN),
        (wall_ns(103), State.DEGRADED),
    ]
