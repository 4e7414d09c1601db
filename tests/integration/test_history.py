"""Outages of every length, judged by the agent and kept by the collector: none is taken back."""

import random
from collections.abc import Sequence

import pytest

from tests.agent.judge.inventories import one_link
from tests.agent.judge.simulated_site import InjectedFault, SimulatedSite
from tests.collector.timeline.boot_script import BootScript, wall_ns
from tests.collector.timeline.whole_record import whole_record
from tests.timing import IS_NIGHTLY
from thongsuot_agent.judge.memory import Memory
from thongsuot_collector.journal.entry import ClockQuality
from thongsuot_collector.timeline.interval import Interval
from thongsuot_collector.timeline.settings import TimelineSettings
from thongsuot_collector.timeline.site import CollectorClock, SiteTimeline
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State

BOOTED_BEFORE_S = 1000
"""The simulated site's second 0 is so long after its boot."""

PUSH_S, REST_S = 15, 150
LENGTHS_S = (1, 3, 8, 20, 45, 120, 303, 900, *((7_200,) if IS_NIGHTLY else ()))
FOUND_FROM_S = 8
"""A shorter outage may fall between two echoes."""
LATE_S = 5
RESTARTED, RECONFIGURED, MISDATED = 45, 303, 120
"""The outages during which the agent restarts, gets other probes, has its clock set wrong."""


def outages() -> list[tuple[int, int]]:
    """Return when the line is out: from second to second."""
    spans, at_s = [], REST_S
    for length_s in LENGTHS_S:
        spans.append((at_s, at_s + length_s))
        at_s += length_s + REST_S
    return spans


def record_of(rung: Segment) -> BootScript:
    """Return the batches of a device whose line fails again and again at a rung."""
    spans = outages()
    faults = [InjectedFault(start_s=start, end_s=end, at=rung, loss=1.0) for start, end in spans]
    site = SimulatedSite(injected=tuple(faults), site_probes=one_link())
    script = BootScript(on_s=-BOOTED_BEFORE_S)
    restarted, reconfigured, misdated = (
        next(start + length_s // 2 for start, end in spans if end - start == length_s)
        for length_s in (RESTARTED, RECONFIGURED, MISDATED)
    )
    sent = 0
    for from_s in range(0, spans[-1][1] + REST_S, PUSH_S):
        until_s, starts = from_s + PUSH_S, [0.0] if not from_s else []
        if from_s <= restarted < until_s:
            site.run(restarted)
            site.memory = Memory(issued=site.memory.issued)
            starts = [float(restarted)]
        if from_s <= reconfigured < until_s:
            site.run(reconfigured)
            site.site_probes = one_link(with_access=False)
        is_misdated = misdated <= from_s < misdated + 2 * PUSH_S
        script.quality = ClockQuality.CLAIMED if is_misdated else ClockQuality.TRUSTED
        script.off_by_s = 86_400 if is_misdated else 0
        site.run(until_s)
        changes, sent = site.changes[sent:], len(site.changes)
        script.batch(from_s, until_s, changes, starts=starts)
    return script


def line_of(script: BootScript, order: Sequence[int]) -> list[Interval]:
    """Return what the collector keeps of the line when the batches arrive in an order."""
    timeline = SiteTimeline(site=script.site)
    end_s = len(script.pieces) * PUSH_S + 1
    clock = CollectorClock(now_ns=wall_ns(end_s), listening_since_ns=0)
    for place in order:
        timeline.apply(script.pieces[place], clock, TimelineSettings())
    return list(whole_record(timeline)[Subject(script.site, "fixed")])


def out_s(intervals: Sequence[Interval], start_s: int, end_s: int) -> float:
    """Return for how much of a time the line is not kept as up."""
    return (
        sum(
            max(
                0,
                min(interval.end_ns or wall_ns(end_s), wall_ns(end_s))
                - max(interval.start_ns, wall_ns(start_s)),
            )
            for interval in intervals
            if interval.state is not State.UP
        )
        / 1e9
    )


@pytest.mark.parametrize("rung", [Segment.LAN, Segment.ACCESS, Segment.CARRIER, Segment.TRANSIT])
def test_every_outage_stays_in_the_record_through_restarts_new_probes_and_wrong_clocks(
    rung: Segment,
) -> None:
    script = record_of(rung)
    intervals = line_of(script, range(len(script.pieces)))
    for start_s, end_s in outages():
        length_s = end_s - start_s
        if length_s < FOUND_FROM_S:
            continue
        kept_s = out_s(intervals, start_s, end_s)
        assert kept_s >= length_s - LATE_S, (length_s, kept_s)
    well_s = out_s(intervals, outages()[-1][1] + REST_S // 2, outages()[-1][1] + REST_S)
    assert well_s == 0.0
    order = list(range(len(script.pieces)))
    random.Random(1).shuffle(order)
    assert line_of(script, order) == intervals
