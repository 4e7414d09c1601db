"""
Availability and time to restore, asked of the verdicts themselves.

Not of recording rules: what an agent brings after an outage of both its links is in the verdicts at
its own time, and in no rule. Time of which nothing is known counts for nobody. Sampled once a
minute: no settlement of a contract, which the collector's intervals, exact to a moment, are for.

Only minutes that were down are counted and joined, because joining all of them is what costs: over
seven days of 252 links a third of the time (2026-11).
"""

from thongsuot_dashboards.query import selector
from thongsuot_schema.catalogue import verdict

_STEP_S = 60
_FIRST_OF_CARRIER, _LAST_OF_CARRIER = 3, 5
"""Rungs of the ladder that the carrier answers for: access, carrier, transit."""


class OutageQueries:
    """
    The outages of some links, by matchers, over a window.

    ``by_carrier`` counts only faults that the carrier answers for. ``by`` of the methods are the
    labels of what they return.
    """

    def __init__(
        self, matchers: dict[str, str], *, by_carrier: bool, window: str = "$__range"
    ) -> None:
        self._matchers = {"link": "!=", "target": "="} | matchers
        self._by_carrier = by_carrier
        self._window = f"[{window}:{_STEP_S}s]"

    def available_ratio(self, by: str) -> str:
        """Return the share of the known time in which the links were not down."""
        return f"1 - {self.down_ratio(by)}"

    def down_ratio(self, by: str) -> str:
        """Return the share of the known time in which the links were down."""
        known = f"sum by ({by}) (count_over_time({self._state()}{self._window}))"
        return f"({self._down_minutes(by)} / {known} or 0 * {known})"

    def down_s(self, by: str) -> str:
        """Return for how many seconds in all the links were down; nothing where none was."""
        return f"{self._down_minutes(by)} * {_STEP_S}"

    def count(self, by: str) -> str:
        """Return how many outages began; nothing where none did."""
        begun = f"({self._down()} unless {self._down(f' offset {_STEP_S}s')})"
        return f"sum by ({by}) (count_over_time({begun}{self._window}))"

    def mean_s(self, by: str) -> str:
        """Return the mean duration of the outages, those that go on as long as they have."""
        return f"{self.down_s(by)} / {self.count(by)}"

    def _down_minutes(self, by: str) -> str:
        return f"sum by ({by}) (count_over_time({self._down()}{self._window}))"

    def _down(self, moved: str = "") -> str:
        """Return 2 while a link is down, else nothing."""
        down = f"{self._state()}{moved} == 2"
        if not self._by_carrier:
            return f"({down})"
        segment = selector(verdict.SEGMENT.full_name, **self._matchers)
        theirs = f"({segment}{moved} >= {_FIRST_OF_CARRIER}) <= {_LAST_OF_CARRIER}"
        return f"({down} and ({theirs}))"

    def _state(self) -> str:
        return selector(verdict.STATE.full_name, **self._matchers)
