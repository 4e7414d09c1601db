"""
Counters of a link: minutes known, not up and down, and outages that began.

Counting each minute of weeks takes a database many seconds. So recording rules count each hour
once, and boards count minutes only for the last day of the displayed time. A rule sees the data
that exists when it runs, and an agent that was cut off delivers its verdicts later: each hour is
counted when a day has passed, and again when eight days have passed. Newer hours are taken from the
first count, older ones from the second; data that arrives even later is in the measurements, but in
no board over weeks.

Rules look back by ``offset``, and their results have the time at which they ran, so no database has
to accept samples of the past. An hour is missing where a database did not run at that moment; it is
missing in the known minutes as well, and so is left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from thongsuot_dashboards.query import ShownStretch, selector
from thongsuot_dashboards.rule_file import RecordingRule, RuleGroup
from thongsuot_schema.catalogue import verdict

STEP_S = 60
LINK_LABELS = "commune, site, link, medium, carrier"
LINKS_ONLY = {"link": "!=", "target": "="}
"""Matchers of the verdict on a link itself: with a link, without a service."""

_FIRST_OF_CARRIER, _LAST_OF_CARRIER = 3, 5
"""Rungs of the ladder for which the carrier is responsible: access, carrier, transit."""

_DAY_S = 86400
_FIRST_COUNT, _SECOND_COUNT = "1d", "8d"
"""Delay after an hour until its minutes are counted; values of the label ``after``."""

RECENT = ShownStretch(name="recent", seconds=f"clamp_max(vector($__range_s), {_DAY_S})")
"""The last day of the displayed time: its minutes are counted by the query itself."""
WEEK = ShownStretch(
    name="week", seconds=f"clamp(vector($__range_s - {_DAY_S}), 0.001, {7 * _DAY_S})"
)
"""The seven days before that: hours as counted after a day."""
EARLIER = ShownStretch(
    name="earlier", seconds=f"clamp_min(vector($__range_s - {8 * _DAY_S}), 0.001)"
)
"""The time before: hours as counted after eight days."""
STRETCHES = (RECENT, WEEK, EARLIER)
"""Hidden variables that a board with queries of this module needs."""


class Counted(Enum):
    """The quantities; the value is the name of the recorded series."""

    KNOWN = "thongsuot:link_known_minutes"
    UNWELL = "thongsuot:link_unwell_minutes"
    DOWN = "thongsuot:link_down_minutes"
    CARRIER_DOWN = "thongsuot:link_carrier_down_minutes"
    OUTAGES = "thongsuot:link_outages"
    CARRIER_OUTAGES = "thongsuot:link_carrier_outages"

    def moments(self, matchers: dict[str, str]) -> str:
        """Return an expression that has a value at each moment that counts."""
        match self:
            case Counted.KNOWN:
                return _state(matchers)
            case Counted.UNWELL:
                return f"{_state(matchers)} > 0"
            case Counted.DOWN:
                return _down(matchers)
            case Counted.CARRIER_DOWN:
                return _carrier_down(matchers)
            case Counted.OUTAGES:
                return f"{_down(matchers)} unless {_down(matchers, _BEFORE)}"
            case Counted.CARRIER_OUTAGES:
                return f"{_carrier_down(matchers)} unless {_carrier_down(matchers, _BEFORE)}"


_BEFORE = f" offset {STEP_S}s"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkMinutes:
    """Counts over the displayed time, of the links that ``matchers`` select."""

    matchers: dict[str, str]

    def total(self, counted: Counted, by: str) -> str:
        """Return the sum over the displayed time; no series where nothing was counted."""
        moments = counted.moments(self.matchers)
        # Recorded series carry ``after``, which no measurement has: ``or`` drops none of them.
        return (
            f"sum by ({by}) (count_over_time(({moments})[{RECENT.duration}:{STEP_S}s])"
            f" or sum_over_time({self._hours(counted, _FIRST_COUNT)}[{WEEK.duration}])"
            f" or sum_over_time({self._hours(counted, _SECOND_COUNT)}[{EARLIER.duration}]))"
        )

    def _hours(self, counted: Counted, after: str) -> str:
        return selector(counted.value, after=f"={after}", **self.matchers)


def _rules() -> Iterator[RecordingRule]:
    for counted in Counted:
        for after in (_FIRST_COUNT, _SECOND_COUNT):
            # A millisecond, so that an hour has sixty minutes in every version: they differ in
            # whether a window includes its own beginning.
            window = f"[1h:{STEP_S}s] offset {after}1ms"
            yield RecordingRule(
                name=counted.value,
                expr=f"sum by ({LINK_LABELS}) (count_over_time(({counted.moments({})}){window}))",
                labels={"after": after},
            )


def _state(matchers: dict[str, str], moved: str = "") -> str:
    return selector(verdict.STATE.full_name, **(LINKS_ONLY | matchers)) + moved


def _down(matchers: dict[str, str], moved: str = "") -> str:
    return f"({_state(matchers, moved)} == 2)"


def _carrier_down(matchers: dict[str, str], moved: str = "") -> str:
    segment = selector(verdict.SEGMENT.full_name, **(LINKS_ONLY | matchers)) + moved
    theirs = f"({segment} >= {_FIRST_OF_CARRIER}) <= {_LAST_OF_CARRIER}"
    return f"({_state(matchers, moved)} == 2 and ({theirs}))"


HOURS = RuleGroup(name="thongsuot-hours", every="1h", rules=tuple(_rules()))
