"""Faults from intervals: where one begins and ends, and what does not count."""

import pytest
from msgspec.structs import replace

from thongsuot_collector.incidents.fault import (
    NS_PER_S,
    PHASES_KEPT,
    Fault,
    FaultPhase,
    faults_in,
    is_same_fault,
    merged,
    readable_id,
    updated_fault,
    withdrawn,
)
from thongsuot_collector.timeline.interval import Basis, BatchRef, Interval, Rewrite
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
WATCHED = Interval(start_ns=0, end_ns=None, state=State.UNKNOWN, symptom=Symptom.WATCHED_ONLY)
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


def test_an_incident_id_depends_on_subject_and_onset_and_contains_the_vietnamese_date() -> None:
    evening_ns = 1_795_035_600 * NS_PER_S  # 2026-11-18 21:00 UTC is the 19th in Vietnam
    assert readable_id("s/fiber", evening_ns).startswith("20261119-")
    assert readable_id("s/fiber", evening_ns) == readable_id("s/fiber", evening_ns)
    assert readable_id("s/fiber", evening_ns) != readable_id("s/5g", evening_ns)


FIRST, SECOND = BatchRef("a1", 1, b"1"), BatchRef("a1", 2, b"2")


def fault(
    *phases: Interval, end_s: float | None = None, start_s: float = 100, changed_s: float = 0
) -> Fault:
    return Fault(
        id="f",
        subject=LINK,
        phases=tuple(FaultPhase(interval=interval) for interval in phases or (DOWN,)),
        start_ns=round(start_s * NS_PER_S),
        end_ns=None if end_s is None else round(end_s * NS_PER_S),
        known_ns=0,
        changed_ns=round(changed_s * NS_PER_S),
    )


@pytest.mark.parametrize(
    ("known", "shown", "is_same"),
    [
        ((100, None), (500, None), True),
        ((100, 200), (229, 300), True),
        ((100, 200), (230, 300), False),
        ((329, 400), (100, 300), True),
        ((330, 400), (100, 300), False),
        ((330, 400), (100, None), True),
        ((100, None), (50, 60), False),
        ((100, None), (50, 71), True),
        ((150, 160), (100, 300), True),
    ],
)
def test_faults_less_than_a_calm_apart_are_the_same(
    known: tuple[float, float | None], shown: tuple[float, float | None], is_same: bool
) -> None:
    known_fault = fault(start_s=known[0], end_s=known[1])
    shown_fault = fault(start_s=shown[0], end_s=shown[1])
    assert is_same_fault(known_fault, shown_fault, CALM_NS) is is_same


def test_distant_faults_are_the_same_if_they_rest_on_the_same_verdict() -> None:
    verdict = replace(DOWN, source=FIRST)
    known = fault(verdict, start_s=100, end_s=200)
    assert is_same_fault(known, fault(verdict, start_s=9_000), CALM_NS)
    assert not is_same_fault(known, fault(replace(DOWN, source=SECOND), start_s=9_000), CALM_NS)
    other_state = replace(verdict, state=State.DEGRADED)
    assert not is_same_fault(known, fault(other_state, start_s=9_000), CALM_NS)


def test_each_batch_is_listed_once_as_a_source_of_a_fault() -> None:
    first_fault = fault(
        replace(DOWN, source=FIRST), SILENT, replace(UP, source=SECOND), replace(DOWN, source=FIRST)
    )
    assert first_fault.sources == (FIRST, SECOND)
    assert len(first_fault.verdicts) == 2


def test_the_main_phase_of_a_fault_is_the_latest_or_once_it_is_over_the_worst() -> None:
    slow = replace(DOWN, state=State.DEGRADED, symptom=Symptom.ACCESS_LOSS)
    later = replace(DOWN, symptom=Symptom.NO_ROUTE)
    assert fault(DOWN, slow).main_phase.interval == slow
    assert fault(DOWN, slow, end_s=200).main_phase.interval == DOWN
    assert fault(DOWN, later, slow, end_s=200).main_phase.interval == later, "the newest of equals"


def test_a_fault_is_certain_while_its_last_phase_was_reported() -> None:
    assert fault(DOWN).is_certain
    assert not fault(DOWN, SILENT).is_certain
    assert not fault(DOWN, end_s=200).is_certain
    assert not withdrawn(fault(DOWN)).is_certain


def test_a_presumed_fault_is_presumed_since_its_last_change() -> None:
    assert fault(DOWN, PRESUMED, changed_s=7).presumed_ns == 7 * NS_PER_S
    assert fault(DOWN, changed_s=7).presumed_ns is None
    assert fault(DOWN, PRESUMED, end_s=200, changed_s=7).presumed_ns is None


def test_a_withdrawn_or_merged_fault_is_not_ongoing() -> None:
    ongoing = fault(DOWN)
    assert (ongoing.is_gone, ongoing.is_ongoing) == (False, True)
    for gone in (withdrawn(ongoing), merged(ongoing, replace(ongoing, id="g"))):
        assert (gone.is_gone, gone.is_ongoing) == (True, False)
    assert merged(ongoing, replace(ongoing, id="g")).merged_into == "g"


def test_a_watched_port_without_other_faults_is_not_a_fault() -> None:
    assert found(LINK, (WATCHED, 600)) == []
    assert found(LINK, (WATCHED, 600), (DOWN, 100), (WATCHED, 600)) == [(600, 700)]
    assert found(LINK, (WATCHED, 9), (DOWN, 100)) == [(9, None)]


def cut_rewrite(
    *parts: tuple[Interval, int], before: bool = False, after: bool = False
) -> tuple[Rewrite, Fault]:
    """Return a rewrite of a link and the last fault that it shows."""
    made = Rewrite(
        subject=LINK,
        from_ns=0,
        until_ns=None,
        intervals=course(*parts),
        is_cut_before=before,
        is_cut_after=after,
    )
    return made, faults_in(made, CALM_NS, now_ns=0)[-1]


def seconds(shown: Fault) -> tuple[int, int | None]:
    return shown.start_ns // NS_PER_S, None if shown.end_ns is None else shown.end_ns // NS_PER_S


KNOWN = Fault(
    id="known",
    subject=LINK,
    phases=tuple(
        FaultPhase(interval=replace(DOWN, start_ns=begin * NS_PER_S, end_ns=end * NS_PER_S))
        for begin, end in ((-50, -20), (-20, 40), (40, 95), (95, 120))
    ),
    start_ns=-50 * NS_PER_S,
    end_ns=120 * NS_PER_S,
    known_ns=7,
)


def test_a_fault_cut_off_by_a_rewrite_keeps_its_earlier_beginning() -> None:
    cut, shown = cut_rewrite((DOWN, 30), (UP, 60), before=True)
    fresh = updated_fault(shown, cut, KNOWN)
    assert (fresh.id, fresh.known_ns) == ("known", 7)
    assert seconds(fresh) == (-50, 30)
    begins = [phase.interval.start_ns // NS_PER_S for phase in fresh.phases]
    ends = [phase.interval.end_ns for phase in fresh.phases]
    assert begins == [-50, -20, 0]
    assert ends == [-20 * NS_PER_S, 0, 30 * NS_PER_S], "what overlaps ends where it begins"


def test_a_fault_after_a_healthy_interval_begins_with_the_rewrite() -> None:
    cut, shown = cut_rewrite((UP, 10), (DOWN, 30), (UP, 60), before=True)
    assert seconds(updated_fault(shown, cut, KNOWN)) == (10, 40)
    uncut, shown = cut_rewrite((SILENT, 10), (DOWN, 30), (UP, 60))
    assert seconds(updated_fault(shown, uncut, KNOWN)) == (10, 40)
    cut, shown = cut_rewrite((SILENT, 10), (DOWN, 30), (UP, 60), before=True)
    assert seconds(updated_fault(shown, cut, KNOWN)) == (-50, 40)


def test_a_fault_that_lasts_beyond_a_rewrite_keeps_its_end() -> None:
    cut, shown = cut_rewrite((UP, 10), (DOWN, 30), after=True)
    shown = replace(
        shown,
        phases=(FaultPhase(interval=replace(shown.phases[0].interval, end_ns=40 * NS_PER_S)),),
    )
    fresh = updated_fault(shown, cut, KNOWN)
    assert seconds(fresh) == (10, 120)
    begins = [phase.interval.start_ns // NS_PER_S for phase in fresh.phases]
    assert begins == [10, 40, 95], "from where the rewrite ends on"
    assert seconds(updated_fault(shown, replace(cut, is_cut_after=False), KNOWN)) == (10, None)
    assert seconds(updated_fault(shown, cut, None)) == (10, None)


def test_a_fault_followed_by_another_in_the_rewrite_ends_within_it() -> None:
    cut = Rewrite(
        subject=LINK,
        from_ns=0,
        until_ns=None,
        intervals=course((UP, 10), (DOWN, 20), (UP, 60), (DOWN, 20)),
        is_cut_after=True,
    )
    first, last = faults_in(cut, CALM_NS, now_ns=0)
    assert seconds(updated_fault(first, cut, KNOWN)) == (10, 30)
    assert seconds(updated_fault(last, cut, KNOWN)) == (90, 120)


def test_of_many_phases_the_first_and_the_latest_are_kept() -> None:
    many = course(*[(DOWN, 10), (SILENT, 10)] * 30, (DOWN, 10))
    made = Rewrite(subject=LINK, from_ns=0, until_ns=None, intervals=many)
    (shown,) = faults_in(made, CALM_NS, now_ns=0)
    begins = [
        phase.interval.start_ns // (10 * NS_PER_S)
        for phase in updated_fault(shown, made, None).phases
    ]
    assert begins == [0, *range(61 - (PHASES_KEPT - 1), 61)]
    few = course(*[(DOWN, 10), (SILENT, 10)] * 19, (DOWN, 10), (SILENT, 10), (DOWN, 9))
    made = Rewrite(subject=LINK, from_ns=0, until_ns=None, intervals=few[:PHASES_KEPT])
    (shown,) = faults_in(made, CALM_NS, now_ns=0)
    assert len(updated_fault(shown, made, None).phases) == PHASES_KEPT, "so many are no too many"


def test_the_onset_has_the_error_of_the_first_phase_and_the_delay_until_it_was_known() -> None:
    first = replace(DOWN, error_s=0.5)
    late = replace(fault(first, replace(DOWN, error_s=9.0), start_s=100), known_ns=103 * NS_PER_S)
    assert (late.error_s, late.lag_s) == (0.5, 3.0)
    assert fault(replace(DOWN, symptom=Symptom.NO_ROUTE), DOWN).has_symptom(Symptom.NO_ROUTE)
    assert not fault(DOWN, DOWN).has_symptom(Symptom.NO_ROUTE)
