"""
Verdicts as numbers: repeated with every batch, because a value in a database becomes stale after
five minutes.
"""

from collections.abc import Iterable

from thongsuot_collector.samples.series import EARLIEST_MS, LATEST_MS
from thongsuot_collector.state.verdicts import StandingVerdict
from thongsuot_schema.batch.columns import Columns
from thongsuot_schema.segment import LADDER, Segment
from thongsuot_schema.state import State

_STATE_NUMBERS = {State.UP: 0.0, State.DEGRADED: 1.0, State.DOWN: 2.0}
_SEGMENT_NUMBERS = {None: 0.0} | {
    segment: float(rung) for rung, segment in enumerate(LADDER, start=1)
}

Points = dict[int, tuple[float, float] | None]
"""State and segment as numbers by time in ms; ``None`` when nothing is known any more."""


def verdict_points(
    columns: Columns, standing: Iterable[StandingVerdict], *, epoch_ns: int
) -> dict[tuple[str, str], Points]:
    """
    Return the verdicts that a batch changes, and those in force when it was sealed (``standing``),
    by link and service.
    """
    subjects: dict[tuple[str, str], Points] = {}
    for change in columns.changes:
        verdict = change.verdict
        points = subjects.setdefault((verdict.link, verdict.service), {})
        points[_time_ms(epoch_ns, change.decided_boottime_ns)] = _values(
            verdict.state, verdict.segment
        )
    sealed_ms = _time_ms(epoch_ns, columns.header.clock.boottime_ns)
    for standing_verdict in standing:
        if standing_verdict.transition.state in _STATE_NUMBERS:
            points = subjects.setdefault((standing_verdict.link, standing_verdict.service), {})
            points[sealed_ms] = _values(
                standing_verdict.transition.state, standing_verdict.transition.segment
            )
    return subjects


def _values(state: State, segment: Segment | None) -> tuple[float, float] | None:
    number = _STATE_NUMBERS.get(state)
    return None if number is None else (number, _SEGMENT_NUMBERS[segment])


def _time_ms(epoch_ns: int, boottime_ns: int) -> int:
    return min(max((epoch_ns + boottime_ns) // 1_000_000, EARLIEST_MS), LATEST_MS)
