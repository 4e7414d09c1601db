"""What one batch costs the timeline: steps are counted, and do not grow with the record."""

import sys
from collections.abc import Callable
from functools import partial
from types import FrameType
from typing import Any

import pytest

from tests.collector.timeline.boot_script import CUT, NS, UP, BootScript, wall_ns
from thongsuot_collector.timeline.batch_summary import BatchSummary
from thongsuot_collector.timeline.interval import Rewrite
from thongsuot_collector.timeline.settings import TimelineSettings
from thongsuot_collector.timeline.site import CollectorClock, SiteTimeline

SUBJECTS = ("fiber", "5g", "/portal", "/tax")
LENGTHS = (200, 1_600)
APART_S = 400
"""Further apart than one stretch of measuring: every batch leaves a gap before it."""


def steps_of(act: Callable[[], object]) -> int:
    """Return how many lines of Python run while something is done."""
    count = 0

    def trace(_frame: FrameType, event: str, _argument: Any) -> Any:  # noqa: ANN401 - sys.settrace
        nonlocal count
        count += event == "line"
        return trace

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return count


def clock(second: float) -> CollectorClock:
    return CollectorClock(now_ns=wall_ns(second), listening_since_ns=0)


def begun() -> tuple[SiteTimeline, BootScript]:
    """Return a site whose subjects are all up, and its device."""
    timeline, script = SiteTimeline(site="s1"), BootScript()
    script.batch(0, 15, [script.change(subject, UP, 2, 3) for subject in SUBJECTS])
    timeline.apply(script.pieces[0], clock(16), TimelineSettings())
    return timeline, script


def keep(timeline: SiteTimeline, summaries: list[BatchSummary]) -> None:
    """Let a timeline know all that batches tell; what they change is not asked for."""
    for summary in summaries:
        timeline.boots[summary.boot_id].add(summary)
    timeline.last_sign_ns = timeline.boots["b1"].last_sign_ns


def streams_without_a_beginning(script: BootScript, count: int) -> list[BatchSummary]:
    """Return batches that are each of a stream of its own, whose first batch never came."""
    summaries = []
    for place in range(1, count + 1):
        script.stream, script.number = f"x{place}", 1
        second = place * APART_S
        summaries.append(script.batch(second, second + 1))
    return summaries


def news_with_holes(script: BootScript, count: int) -> list[BatchSummary]:
    """Return batches of one stream, each with a verdict, every second of which never came."""
    summaries = []
    for place in range(1, count + 1):
        second = place * APART_S
        script.number += 1
        verdict = CUT if place % 2 else UP
        change = script.change("fiber", verdict, second - 5, second)
        summaries.append(script.batch(second, second + 1, [change]))
    return summaries


def restarts(script: BootScript, count: int) -> list[BatchSummary]:
    """Return batches of an agent that starts again and again."""
    summaries = []
    for place in range(1, count + 1):
        second = place * APART_S
        summaries.append(script.batch(second, second + 1, starts=[second]))
    return summaries


def a_quiet_month(script: BootScript, count: int) -> list[BatchSummary]:
    """Return outages that are each over for long before the next."""
    summaries = []
    for place in range(1, count + 1):
        second = place * 55
        changes = [script.change("5g", CUT, second - 5, second)]
        changes.append(script.change("5g", UP, second + 5, second + 9))
        summaries.append(script.batch(second - 40, second + 10, changes))
    return summaries


Records = Callable[[BootScript, int], list[BatchSummary]]
RECORDS: list[Records] = [streams_without_a_beginning, news_with_holes, restarts, a_quiet_month]


@pytest.mark.parametrize("records", RECORDS, ids=lambda records: str(records.__name__))
@pytest.mark.parametrize("place", ["newest", "from the middle"])
def test_a_batch_costs_as_much_after_a_long_record_as_after_a_short_one(
    records: Records, place: str
) -> None:
    steps = []
    for length in LENGTHS:
        timeline, script = begun()
        summaries = records(script, length)
        last = summaries.pop(-1 if place == "newest" else length // 2)
        keep(timeline, summaries)
        now = CollectorClock(now_ns=timeline.last_sign_ns + 30 * NS, listening_since_ns=0)
        steps.append(steps_of(partial(timeline.apply, last, now, TimelineSettings())))
    short, long = steps
    # Eight times the record: bisections take three steps more each, everything else none.
    assert long < 1.35 * short, steps


def test_silence_costs_as_much_after_a_long_record_as_after_a_short_one() -> None:
    steps = []
    for length in LENGTHS:
        timeline, script = begun()
        now_s = length * 55 + 30.0
        keep(timeline, a_quiet_month(script, length))
        later = clock(now_s + 100)
        steps.append(steps_of(partial(timeline.tick, later, TimelineSettings())))
        assert timeline.is_silent
    short, long = steps
    assert long < 1.35 * short, steps


def names_beside(script: BootScript, count: int) -> BatchSummary:
    """Return a batch with a verdict on each of many links that only this device knows."""
    changes = [script.change(f"line-{number}", CUT, 20, 25) for number in range(count)]
    return script.batch(15, 30, changes)


def test_news_cost_as_much_of_a_site_with_many_subjects_as_of_one_with_few() -> None:
    steps = []
    for names in LENGTHS:
        timeline, script = begun()
        timeline.apply(names_beside(script, names), clock(31), TimelineSettings())
        news = script.batch(30, 45, [script.change("fiber", CUT, 38, 40)])
        rewrites: list[Rewrite] = []
        steps.append(steps_of(partial(apply_into, rewrites, timeline, news)))
        assert [str(rewrite.subject) for rewrite in rewrites] == ["s1/fiber"]
    short, long = steps
    assert long < 1.35 * short, steps


def apply_into(rewrites: list[Rewrite], timeline: SiteTimeline, news: BatchSummary) -> None:
    rewrites.extend(timeline.apply(news, clock(46), TimelineSettings()))
