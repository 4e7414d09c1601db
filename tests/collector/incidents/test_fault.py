"""From intervals to faults: where one begins, where it ends, and what is none."""

import pytest

from thongsuot_collector.incidents.fault import NS_PER_S, faults_in, readable_id
from thongsuot_collector.timeline.interval import Basis, Interval, Rewrite
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

LINK, DEVICE, SERVICE = Subject("s", "fiber"), Subject("s"), Subject("s", "", "portal")
CALM_NS = 30 * NS_PER_S

UP = Interval(start_ns=0, end_ns=None, state=State.UP)
DOWN = Interval(start_ns=0, end_ns=None, state=State.DOWN, segment=Segment.ACCESS)
SILENT = Interval(
    start_ns=0,
    end_ns=None,
    state=State.UNKNOWN,
    symptom=Symptom.AGENT_SILENT,
    basis=Basis.SILENCE,
)
SOMEWHERE = Interval(start_ns=0, end_ns=None, state=State.UNKNOWN, symptom=Symptom.ACCESS_SILENT)
STARVED = Interval(start_ns=0, end_ns=None, state=State.UNKNOWN, symptom=Symptom.DEVICE_OVERLOADED)
PRESUMED = Interval(start_ns=0, end_ns=None, state=State.DOWN, basis=Basis.PRESUMED)
REFUSES = Interval(start_ns=0, end_ns=None, state=State.DOWN, segment=Segment.SERVICE)


def course(*parts: tuple[Interval, int]) -> tuple[Interval, ...]:
    """Return intervals that follow each other, each so many seconds long; the last is open."""
    intervals, at = [], 0
    for place, (part, length_s) in enumerate(parts):
        end = None if place == len(parts) - 1 else at + length_s
        intervals.append(
            Interval(
                start_ns=at * NS_PER_S,
                end_ns=None if end is None else end * NS_PER_S,
                state=part.state,
                symptom=part.symptom,
                segment=part.segment,
                basis=part.basis,
            )
        )
        at += length_s
    return tuple(intervals)


def found(subject: Subject, *parts: tuple[Interval, int]) -> list[tuple[int, int | None]]:
    rewrite = Rewrite(subject=subject, from_ns=0, until_ns=None, intervals=course(*parts))
    return [
        (fault.start_ns // NS_PER_S, None if fault.end_ns is None else fault.end_ns // NS_PER_S)
        for fault in faults_in(rewrite, CALM_NS, now_ns=0)
    ]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ([(UP, 9)], []),
        ([(UP, 60), (DOWN, 9)], [(60, None)]),
        ([(UP, 60), (DOWN, 10), (UP, 9)], [(60, 70)]),
        ([(UP, 60), (DOWN, 10), (UP, 29), (DOWN, 10), (UP, 9)], [(60, 109)]),
        ([(UP, 60), (DOWN, 10), (UP, 30), (DOWN, 10), (UP, 9)], [(60, 70), (100, 110)]),
        ([(UP, 60), (DOWN, 10), (SILENT, 900), (DOWN, 10), (UP, 9)], [(60, 980)]),
        ([(UP, 60), (DOWN, 10), (SILENT, 900), (UP, 9)], [(60, 970)]),
        ([(UP, 60), (SILENT, 900), (DOWN, 10), (UP, 9)], [(960, 970)]),
        ([(UP, 60), (SILENT, 900), (UP, 9)], []),
        ([(UP, 60), (DOWN, 10), (UP, 10), (SILENT, 900), (DOWN, 9)], [(60, 70), (980, None)]),
        ([(UP, 60), (SOMEWHERE, 10), (DOWN, 9)], [(60, None)]),
        ([(UP, 60), (STARVED, 100), (UP, 9)], []),
        ([(UP, 60), (DOWN, 10), (SILENT, 60), (PRESUMED, 9)], [(60, None)]),
        ([(UP, 60), (PRESUMED, 9)], []),
    ],
)
def test_a_link_is_in_fault_from_its_fault_until_it_is_up_for_long_enough(
    parts: list[tuple[Interval, int]], expected: list[tuple[int, int | None]]
) -> None:
    assert found(LINK, *parts) == expected


def test_a_device_is_in_fault_whenever_it_is_not_up() -> None:
    assert found(DEVICE, (UP, 60), (SILENT, 100), (UP, 9)) == [(60, 160)]


def test_a_service_is_in_fault_for_its_own_faults_only() -> None:
    assert found(SERVICE, (UP, 60), (DOWN, 100), (UP, 9)) == []
    assert found(SERVICE, (UP, 60), (REFUSES, 100), (UP, 9)) == [(60, 160)]
    assert found(Subject("s", "fiber", "portal"), (UP, 60), (REFUSES, 9)) == []


def test_a_name_follows_from_what_and_when_and_bears_the_day_in_vietnam() -> None:
    evening_ns = 1_795_035_600 * NS_PER_S  # 2026-11-18 21:00 UTC is the 19th in Vietnam
    assert readable_id("s/fiber", evening_ns).startswith("20261119-")
    assert readable_id("s/fiber", evening_ns) == readable_id("s/fiber", evening_ns)
    assert readable_id("s/fiber", evening_ns) != readable_id("s/5g", evening_ns)
