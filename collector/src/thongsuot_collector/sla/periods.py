"""
Period: a span of time in one class. The periods of a circuit fill a time exactly.

Each moment first gets the *condition* of the circuit; the class is the condition, unless the
contract's clock did not run or planned work was in progress.
"""

from bisect import bisect_right
from collections.abc import Iterable
from enum import StrEnum
from itertools import pairwise

import msgspec

from thongsuot_collector.sla.calendar import NS_PER_MS, Span, service_spans
from thongsuot_collector.sla.terms import Terms
from thongsuot_collector.timeline.interval import Basis, Interval
from thongsuot_schema.inventory.contract_terms import Exclusion
from thongsuot_schema.segment import Party, Segment, party_for
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom


class TimeClass(StrEnum):
    """The class of a moment. Each moment has exactly one."""

    UP = "up"
    DEGRADED = "degraded"
    """Slow or lossy by the carrier's fault: counted as available, and shown."""
    DOWN = "down"
    """Down by the carrier's fault."""
    MAINTENANCE = "maintenance"
    POWER = "power"
    CUSTOMER = "customer"
    """A fault on the point's side."""
    UNKNOWN = "unknown"
    """Nothing was measured, or the measurements do not show whose fault it is."""
    OUTSIDE = "outside"
    """The contract's clock did not run."""


COUNTED = (TimeClass.UP, TimeClass.DEGRADED, TimeClass.DOWN)
"""The classes that make up the service time; the others are excluded."""


class PlannedWork(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """Planned work that covers a circuit; Unix milliseconds, ``until_ms`` exclusive."""

    from_ms: int
    until_ms: int
    name: str


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """
    A span of time (Unix milliseconds, ``until_ms`` exclusive) in one class.

    ``condition`` is the state of the circuit itself: ``up``, ``degraded``, ``down``, ``power``,
    ``customer`` or ``unknown``. ``work`` names the planned work that decided the class.
    ``interruption`` is the number in the statement of the interruption that it is part of, and
    ``is_notified`` whether the carrier had been notified about that; both are only set for
    ``down``.
    """

    from_ms: int
    until_ms: int
    time_class: TimeClass
    condition: TimeClass
    symptom: Symptom = Symptom.NONE
    segment: Segment | None = None
    basis: Basis | None = None
    error_s: float | None = None
    work: str = ""
    interruption: int | None = None
    is_notified: bool = False

    @property
    def length_ms(self) -> int:
        """Its duration."""
        return self.until_ms - self.from_ms

    def is_classified_as(self, other: "Period") -> bool:
        """
        Return whether both have the same class and cause, regardless of their times and accuracy.
        """
        return _classification(self) == _classification(other)


def classify_time(
    intervals: Iterable[Interval],
    works: Iterable[PlannedWork],
    terms: Terms,
    span: Span,
) -> tuple[Period, ...]:
    """
    Return the periods of a span, in order, without gap or overlap.

    ``intervals`` are those of the circuit, in any order, possibly repeated; time outside of them is
    unknown. An open one lasts to the end.
    """
    from_ms, until_ms = span
    states = _known_states(intervals, span)
    planned = _relevant_work(works, terms)
    open_hours = service_spans(terms, from_ms, until_ms)
    edges = {from_ms, until_ms}
    for begin_ms, end_ms in (*((state.from_ms, state.until_ms) for state in states), *open_hours):
        edges |= {begin_ms, end_ms}
    for known_work in planned:
        edges |= {known_work.from_ms, known_work.until_ms}
    order = sorted(edge for edge in edges if from_ms <= edge <= until_ms)
    begins = [state.from_ms for state in states]
    opens = [begin_ms for begin_ms, _ in open_hours]
    periods: list[Period] = []
    for piece in pairwise(order):
        begin_ms = piece[0]
        state = states[bisect_right(begins, begin_ms) - 1]
        at = bisect_right(opens, begin_ms) - 1
        is_open = at >= 0 and begin_ms < open_hours[at][1]
        work = next((work for work in planned if work.from_ms <= begin_ms < work.until_ms), None)
        periods.append(_period(piece, state.interval, terms, work, is_open=is_open))
    return merge_adjacent(periods)


def classify_interval(interval: Interval | None, terms: Terms) -> TimeClass:
    """Return the condition of a circuit during an interval."""
    if interval is None or interval.basis is Basis.PRESUMED:
        # A presumed verdict is no proof; the record may still contradict it.
        return TimeClass.UNKNOWN
    if interval.symptom is Symptom.DEVICE_OFF:
        return TimeClass.POWER if Exclusion.POWER in terms.excludes else TimeClass.DOWN
    if interval.state is State.UP:
        return TimeClass.UP
    if interval.state is State.UNKNOWN:
        return TimeClass.UNKNOWN
    is_carriers = party_for(interval.segment) is Party.CARRIER
    if not is_carriers and Exclusion.CUSTOMER in terms.excludes:
        return TimeClass.CUSTOMER
    return TimeClass.DOWN if interval.state is State.DOWN else TimeClass.DEGRADED


def merge_adjacent(periods: Iterable[Period]) -> tuple[Period, ...]:
    """Return periods with adjacent equal ones merged."""
    merged: list[Period] = []
    for period in periods:
        if merged and merged[-1].is_classified_as(period):
            merged[-1] = msgspec.structs.replace(merged[-1], until_ms=period.until_ms)
        else:
            merged.append(period)
    return tuple(merged)


def clip(periods: Iterable[Period], span: Span) -> list[Period]:
    """Return periods cut to a span."""
    from_ms, until_ms = span
    return [
        msgspec.structs.replace(
            period, from_ms=max(period.from_ms, from_ms), until_ms=min(period.until_ms, until_ms)
        )
        for period in periods
        if period.from_ms < until_ms and period.until_ms > from_ms
    ]


class _KnownState(msgspec.Struct, frozen=True, kw_only=True):
    """The knowledge about a span of time: an interval, or none."""

    from_ms: int
    until_ms: int
    interval: Interval | None


def _known_states(intervals: Iterable[Interval], span: Span) -> list[_KnownState]:
    """
    Return the knowledge about each moment of a span, in order, without gap or overlap.

    If two intervals overlap, the one that began later takes precedence from its begin on.
    """
    from_ms, until_ms = span
    known_states: list[_KnownState] = []

    def nothing(end_ms: int) -> None:
        begin_ms = known_states[-1].until_ms if known_states else from_ms
        if begin_ms < end_ms:
            known_states.append(_KnownState(from_ms=begin_ms, until_ms=end_ms, interval=None))

    for interval in sorted(set(intervals), key=_order):
        begin_ms = max(interval.start_ns // NS_PER_MS, from_ms)
        end_ms = (
            until_ms if interval.end_ns is None else min(interval.end_ns // NS_PER_MS, until_ms)
        )
        if begin_ms >= end_ms:
            continue
        while known_states and known_states[-1].from_ms >= begin_ms:
            known_states.pop()
        if known_states and known_states[-1].until_ms > begin_ms:
            known_states[-1] = msgspec.structs.replace(known_states[-1], until_ms=begin_ms)
        nothing(begin_ms)
        known_states.append(_KnownState(from_ms=begin_ms, until_ms=end_ms, interval=interval))
    nothing(until_ms)
    return known_states


def _order(interval: Interval) -> tuple[int, bytes]:
    return interval.start_ns, msgspec.msgpack.encode(interval)


def _relevant_work(works: Iterable[PlannedWork], terms: Terms) -> list[PlannedWork]:
    return sorted(set(works)) if Exclusion.MAINTENANCE in terms.excludes else []


def _period(
    span: Span, interval: Interval | None, terms: Terms, work: PlannedWork | None, *, is_open: bool
) -> Period:
    condition = classify_interval(interval, terms)
    time_class = condition
    if not is_open:
        time_class, work = TimeClass.OUTSIDE, None
    elif work is not None:
        time_class = TimeClass.MAINTENANCE
    return Period(
        from_ms=span[0],
        until_ms=span[1],
        time_class=time_class,
        condition=condition,
        symptom=Symptom.NOT_YET_MEASURED if interval is None else interval.symptom,
        segment=None if interval is None else interval.segment,
        basis=None if interval is None else interval.basis,
        error_s=None if interval is None else interval.error_s,
        work="" if work is None else work.name,
    )


def _classification(period: Period) -> tuple[object, ...]:
    return (
        period.time_class,
        period.condition,
        period.symptom,
        period.segment,
        period.basis,
        period.work,
        period.interruption,
        period.is_notified,
    )
