"""
Availability and time to restore, asked of the verdicts themselves.

Not of recording rules: what an agent brings after an outage of both its links is in the verdicts at
its own time, and in no rule. Time of which nothing is known counts for nobody. Sampled once a
minute: no settlement of a contract, which the collector's intervals, exact to a moment, are for.
"""

from thongsuot_dashboards.query import selector
from thongsuot_schema.catalogue import verdict

_STEP_S = 60
_FIRST_OF_CARRIER, _LAST_OF_CARRIER = 3, 5
"""Rungs of the ladder that the carrier answers for: access, carrier, transit."""


def down(**matchers: str) -> str:
    """Return 1 while a link is down, whoever's fault it is, else 0."""
    return f"({_of(verdict.STATE.full_name, matchers)} == bool 2)"


def down_by_carrier(**matchers: str) -> str:
    """Return 1 while a link is down by a fault that its carrier answers for, else 0."""
    segment = _of(verdict.SEGMENT.full_name, matchers)
    return (
        f"({down(**matchers)} * ({segment} >= bool {_FIRST_OF_CARRIER})"
        f" * ({segment} <= bool {_LAST_OF_CARRIER}))"
    )


def available_ratio(is_down: str, window: str = "$__range") -> str:
    """Return the share of the known time in which something was not down, one series each."""
    return f"1 - avg_over_time({is_down}[{window}:{_STEP_S}s])"


def lost_s(is_down: str, window: str = "$__range") -> str:
    """Return for how many seconds something was down, one series each."""
    return f"sum_over_time({is_down}[{window}:{_STEP_S}s]) * {_STEP_S}"


def restored(is_down: str, window: str = "$__range") -> str:
    """Return how often something came back, one series each."""
    return f"resets({is_down}[{window}:{_STEP_S}s])"


def mean_time_to_restore_s(is_down: str, by: str, window: str = "$__range") -> str:
    """Return the mean duration of outages by some labels; nothing where none has ended."""
    return (
        f"sum by ({by}) ({lost_s(is_down, window)})"
        f" / (sum by ({by}) ({restored(is_down, window)}) > 0)"
    )


def _of(full_name: str, matchers: dict[str, str]) -> str:
    return selector(full_name, **({"link": "!=", "target": "="} | matchers))
