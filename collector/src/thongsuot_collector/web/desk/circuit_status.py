"""Circuit status: the state of each of a carrier's circuits now, and in the last 30 days. Pure."""

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from thongsuot_collector.sla.calendar import MS_PER_S, NS_PER_MS
from thongsuot_collector.sla.periods import Period, PlannedWork, TimeClass, classify_time
from thongsuot_collector.sla.statement import Circuit, DisplayNames
from thongsuot_collector.sla.terms import Terms
from thongsuot_collector.timeline.interval import Interval
from thongsuot_schema.state import State
from thongsuot_schema.words.dates import VIETNAM_OFFSET_S

DAYS: Final = 30

_DAY_MS: Final = 86_400_000
_OFFSET_MS: Final = VIETNAM_OFFSET_S * MS_PER_S

_DAY_STATES: Final[dict[TimeClass, State]] = {
    TimeClass.DOWN: State.DOWN,
    TimeClass.DEGRADED: State.DEGRADED,
    TimeClass.UP: State.UP,
}
"""The worst first, which is shown for a day. Faults of others do not count for a day."""


class CircuitStatus(msgspec.Struct, frozen=True, kw_only=True):
    """
    One circuit. ``since_ms`` is the onset of ``state`` (Unix ms; ``None``: never reported).

    ``days`` are the last 30 of Vietnam's calendar, the oldest first; ``None``: unknown. ``down_ms``
    and ``interruptions`` are the sums of downtime by the carrier's fault in them.
    """

    circuit: Circuit
    names: DisplayNames
    state: State
    since_ms: int | None
    days: tuple[State | None, ...]
    down_ms: int
    interruptions: int


def first_ms(now_ms: int) -> int:
    """Return the start of the first of the days, Unix milliseconds."""
    midnight_ms = (now_ms + _OFFSET_MS) // _DAY_MS * _DAY_MS - _OFFSET_MS
    return midnight_ms - (DAYS - 1) * _DAY_MS


def status_of(
    circuit: Circuit,
    names: DisplayNames,
    intervals: Sequence[Interval],
    works: Iterable[PlannedWork],
    terms: Terms,
    *,
    now_ms: int,
) -> CircuitStatus:
    """Return the status of a circuit; time is classified as in its statement."""
    from_ms = first_ms(now_ms)
    periods = classify_time(intervals, works, terms, (from_ms, now_ms))
    dead = [period for period in periods if period.time_class is TimeClass.DOWN]
    newest = intervals[-1] if intervals else None
    return CircuitStatus(
        circuit=circuit,
        names=names,
        state=State.UNKNOWN if newest is None else newest.state,
        since_ms=None if newest is None else newest.start_ns // NS_PER_MS,
        days=tuple(_day(periods, from_ms + day * _DAY_MS) for day in range(DAYS)),
        down_ms=sum(period.length_ms for period in dead),
        interruptions=len(dead),
    )


def _day(periods: Iterable[Period], begin_ms: int) -> State | None:
    """Return the worst state of a day."""
    seen = {
        period.time_class
        for period in periods
        if period.from_ms < begin_ms + _DAY_MS and period.until_ms > begin_ms
    }
    return next((state for known, state in _DAY_STATES.items() if known in seen), None)
