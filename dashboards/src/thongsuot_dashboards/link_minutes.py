"""
What is counted of a link: minutes known, unwell and down, and outages that began.

Counting each minute of weeks takes a database many seconds. So recording rules count each hour
once, and boards count minutes only of the last day of what they show. A rule sees what is there
when it runs, and an agent that was cut off brings its verdicts later: each hour is counted when a
day has passed, and again when eight days have. Newer hours are taken from the first count, older
ones from the second; what comes later still is in the measurements, and in no board over weeks.

Rules look back by ``offset`` and their results stand at the moment at which they ran, so no
database has to take samples of the past. An hour goes missing where a database did not run at that
moment; it is missing in the minutes known as well, and counts for nobody.
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
"""Rungs of the ladder that the carrier answers for: access, carrier, transit."""

_DAY_S = 86400
_FIRST_COUNT, _SECOND_COUNT = "1d", "8d"
"""How long after an hour its minutes are counted; values of the label ``after``."""

RECENT = ShownStretch(name="recent", seconds=f"clamp_max(vector($__range_s), {_DAY_S})")
"""The last day of what is shown: its minutes are counted by the query itself."""
WEEK = ShownStretch(
    name="week", seconds=f"clamp(vector($__range_s - {_DAY_S}), 0.001, {7 * _DAY_S})"
)
"""The seven days before that: hours as they were counted after a day."""
EARLIER = ShownStretch(
    name="earlier", seconds=f"clamp_min(vector($__range_s - {8 * _DAY_S}), 0.001)"
)
"""What lies before: hours as they were counted after eight days."""
STRETCHES = (RECENT, WEEK, EARLIER)
"""What a board with queries of this module needs beside its variables."""


class Counted(Enum):
    """What is counted; the value is the name of the recorded series."""

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
    """Counts over the time that is shown, of the links that ``matchers`` choose."""

    matchers: dict[str, str]

    def total(self, counted: Counted, by: str) -> str:
        """Return the sum over the time that is shown; nothing where nothing was counted."""
        moments = counted.moments(self.matchers)
        # Recorded series carry ``after``, which no measurement has: ``or`` loses none of them.
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
            # A millisecond, so that an hour has sixty minutes on every version: whether a window
            # holds its own beginning differs between them.
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
