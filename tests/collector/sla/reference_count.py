"""
A circuit for tests, and its statement reckoned second by second, by the rules as written down,
without anything of the statement's own code but its vocabulary.

Seconds are counted from a ``base_ms``; everything in a test lies on whole seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from thongsuot_collector.sla.outage import CarrierNotification
from thongsuot_collector.sla.periods import PlannedWork, TimeClass
from thongsuot_collector.sla.statement import Circuit, DisplayNames
from thongsuot_collector.sla.terms import AreaKind, Terms, terms_for_contract
from thongsuot_collector.timeline.interval import Basis, Interval
from thongsuot_schema.inventory.contract_terms import Contract, Day, Exclusion, ServiceHours
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

S = 1_000
NS = 10**9
CALM_S = 30

StateSpec = tuple[State, Segment | None, Symptom, Basis]

UP: StateSpec = (State.UP, None, Symptom.NONE, Basis.RECORD)
SLOW: StateSpec = (State.DEGRADED, Segment.ACCESS, Symptom.ACCESS_SLOW, Basis.RECORD)
BUSY: StateSpec = (State.DEGRADED, Segment.LAN, Symptom.LAN_CONGESTED, Basis.RECORD)
CUT: StateSpec = (State.DOWN, Segment.ACCESS, Symptom.ACCESS_SILENT, Basis.RECORD)
OUT: StateSpec = (State.DOWN, Segment.CARRIER, Symptom.CARRIER_SILENT, Basis.RECORD)
UNPLUGGED: StateSpec = (State.DOWN, Segment.LAN, Symptom.CABLE_UNPLUGGED, Basis.RECORD)
OFF: StateSpec = (State.UNKNOWN, Segment.DEVICE, Symptom.DEVICE_OFF, Basis.ABSENCE)
SILENT: StateSpec = (State.UNKNOWN, None, Symptom.AGENT_SILENT, Basis.SILENCE)
PRESUMED: StateSpec = (State.DOWN, Segment.ACCESS, Symptom.ACCESS_SILENT, Basis.PRESUMED)
EVERY = (UP, SLOW, BUSY, CUT, OUT, UNPLUGGED, OFF, SILENT, PRESUMED)

CIRCUIT = Circuit(site="hk-01", link="fiber", name="FTTH-0042", carrier="vnpt", medium=Medium.FIBER)
NAMES = DisplayNames(site="Điểm phục vụ Hoàn Kiếm", commune="Phường Hoàn Kiếm", carrier="VNPT")
PLAIN = terms_for_contract(None, Medium.FIBER, AreaKind.WARD)
OFFICE = terms_for_contract(
    Contract(
        name="office",
        carrier="vnpt",
        clock=ServiceHours.OFFICE,
        office_days=(Day.MON, Day.TUE, Day.WED, Day.THU, Day.FRI),
        holidays=("2026-11-20",),
    ),
    Medium.FIBER,
    AreaKind.WARD,
)


def interval(base_ms: int, from_s: int, until_s: int | None, spec: StateSpec) -> Interval:
    """Return an interval of whole seconds."""
    state, segment, symptom, basis = spec
    return Interval(
        start_ns=(base_ms + from_s * S) * 1_000_000,
        end_ns=None if until_s is None else (base_ms + until_s * S) * 1_000_000,
        state=state,
        symptom=symptom,
        segment=segment,
        basis=basis,
        error_s=0.004,
    )


def course(
    base_ms: int, *steps: tuple[int, StateSpec], until_s: int | None = None
) -> list[Interval]:
    """Return intervals that follow each other, each from its second on."""
    ends = [*(from_s for from_s, _ in steps[1:]), until_s]
    return [
        interval(base_ms, from_s, end_s, spec)
        for (from_s, spec), end_s in zip(steps, ends, strict=True)
    ]


@dataclass
class ReferenceCount:
    """
    What each second of a span is.

    ``time_classes`` and ``conditions`` hold one word a second; ``outages`` the seconds of each that
    are dead and count, with the second of its end.
    """

    time_classes: list[TimeClass]
    conditions: list[TimeClass]
    outages: list[tuple[list[int], int | None]]


def condition(counted: Interval, terms: Terms) -> TimeClass:
    """Return what an interval says, by the table of the reference."""
    power = TimeClass.POWER if Exclusion.POWER in terms.excludes else TimeClass.DOWN
    own = counted.segment in {Segment.LAN, Segment.DEVICE} and Exclusion.CUSTOMER in terms.excludes
    if counted.basis is Basis.PRESUMED:
        return TimeClass.UNKNOWN
    if counted.symptom is Symptom.DEVICE_OFF:
        return power
    if counted.state in {State.DOWN, State.DEGRADED} and own:
        return TimeClass.CUSTOMER
    return {
        State.UP: TimeClass.UP,
        State.DEGRADED: TimeClass.DEGRADED,
        State.DOWN: TimeClass.DOWN,
        State.UNKNOWN: TimeClass.UNKNOWN,
    }[counted.state]


def is_office_time(at_s: int, terms: Terms) -> bool:
    """Return whether an office clock runs at a time (Unix), as one reads it off a wall."""
    wall = datetime.fromtimestamp(at_s, UTC) + timedelta(hours=7)
    if list(Day)[wall.weekday()] not in terms.office_days:
        return False
    if f"{wall:%Y-%m-%d}" in terms.holidays:
        return False
    return any(
        part.split("-")[0] <= f"{wall:%H:%M}" < part.split("-")[1] for part in terms.office_hours
    )


def second_by_second(
    intervals: Sequence[Interval],
    works: Sequence[PlannedWork],
    terms: Terms,
    base_ms: int,
    length_s: int,
) -> ReferenceCount:
    """Return what each second is, and the outages, by counting."""
    base_s = base_ms // S
    conditions = [TimeClass.UNKNOWN] * length_s

    def put(words: list[TimeClass], begin_s: int, end_s: int, word: TimeClass) -> None:
        begin, end = max(0, begin_s - base_s), min(length_s, end_s - base_s)
        if begin < end:
            words[begin:end] = [word] * (end - begin)

    for counted in intervals:
        end_s = base_s + length_s if counted.end_ns is None else counted.end_ns // NS
        put(conditions, counted.start_ns // NS, end_s, condition(counted, terms))
    time_classes = list(conditions)
    if Exclusion.MAINTENANCE in terms.excludes:
        for work in works:
            put(time_classes, work.from_ms // S, work.until_ms // S, TimeClass.MAINTENANCE)
    if terms.clock is not ServiceHours.ALWAYS:
        for minute_s in range(base_s // 60 * 60, base_s + length_s, 60):
            if not is_office_time(minute_s, terms):
                put(time_classes, minute_s, minute_s + 60, TimeClass.OUTSIDE)
    return ReferenceCount(time_classes, conditions, _outages(time_classes, conditions))


def _outages(
    time_classes: Sequence[TimeClass], conditions: Sequence[TimeClass]
) -> list[tuple[list[int], int | None]]:
    outages: list[tuple[list[int], int | None]] = []
    dead: list[int] | None = None
    good = 0
    good_from = -1
    second = -1
    while (second := second + 1) < len(conditions):
        if dead is None:
            # Most of a month is up, and no second of it counts for anything here.
            second = _next_dead(conditions, second)
            if second == len(conditions):
                break
        now = conditions[second]
        if now is TimeClass.DOWN:
            dead = [] if dead is None else dead
            good, good_from = 0, -1
            if time_classes[second] is TimeClass.DOWN:
                dead.append(second)
        elif dead is not None and (now is TimeClass.UP or now is TimeClass.DEGRADED):
            good_from = second if good_from < 0 else good_from
            good += 1
            if good == CALM_S:
                outages.append((dead, good_from))
                dead = None
    if dead is not None:
        outages.append((dead, None))
    return [outage for outage in outages if outage[0]]


def _next_dead(conditions: Sequence[TimeClass], from_second: int) -> int:
    """Return the next dead second, itself or later; the length where there is none."""
    try:
        return conditions.index(TimeClass.DOWN, from_second)
    except ValueError:
        return len(conditions)


def told_seconds(
    naive: ReferenceCount,
    notifications: Sequence[CarrierNotification],
    base_ms: int,
    *,
    from_s: int,
    until_s: int,
) -> int:
    """Return how many counted dead seconds of a span came after the carrier was told of them."""
    total = 0
    for dead, end in naive.outages:
        begin = _begin(naive, dead)
        first = min(
            (
                notification.at_ms
                for notification in notifications
                if (end is None or notification.from_ms < base_ms + end * S)
                and (notification.until_ms is None or notification.until_ms > base_ms + begin * S)
            ),
            default=None,
        )
        if first is not None:
            total += sum(
                from_s <= second < until_s and base_ms + second * S >= first for second in dead
            )
    return total


def _begin(naive: ReferenceCount, dead: Sequence[int]) -> int:
    """Return the first dead second of an outage, one that does not count too."""
    begin = dead[0]
    good = 0
    for second in range(dead[0] - 1, -1, -1):
        now = naive.conditions[second]
        if now is TimeClass.DOWN:
            begin, good = second, 0
        elif now in {TimeClass.UP, TimeClass.DEGRADED}:
            good += 1
            if good == CALM_S:
                break
    return begin
