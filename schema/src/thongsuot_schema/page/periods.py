"""
Periods: the spans of time that a chart can show, their division into slots, and the marks of the
time axis.
"""

from enum import StrEnum
from typing import Final

import msgspec

from thongsuot_schema.line_rollup import COARSE_S, FINE_S
from thongsuot_schema.words.dates import VIETNAM_OFFSET_S, calendar_date, clock_time
from thongsuot_schema.words.language import Text

_HOUR_S: Final = 3600
_DAY_S: Final = 86_400
_EDGE: Final = 0.058
"""A label closer to an edge than this share of the width would be cut off on a phone."""


class ChartPeriod(StrEnum):
    """A stretch of time up to now."""

    DAY = "24h"
    WEEK = "7d"
    MONTH = "30d"


PERIOD_NAMES: Final = {
    ChartPeriod.DAY: Text("schema.page.availability.period.day"),
    ChartPeriod.WEEK: Text("schema.page.availability.period.week"),
    ChartPeriod.MONTH: Text("schema.page.availability.period.month"),
}


def marks(
    start_s: float, span_s: float, *, mark_s: int, label_every: int
) -> list[tuple[float, str]]:
    """Return the marks of a time axis: their share of its width, and their label (may be empty)."""
    made = []
    first = int((start_s + VIETNAM_OFFSET_S) // mark_s) + 1
    last = int((start_s + span_s + VIETNAM_OFFSET_S) // mark_s)
    for number in range(first, last + 1):
        at_s = number * mark_s - VIETNAM_OFFSET_S
        share = (at_s - start_s) / span_s
        label = ""
        if number % label_every == 0 and _EDGE < share < 1 - _EDGE:
            is_midnight = (at_s + VIETNAM_OFFSET_S) % _DAY_S == 0
            label = calendar_date(at_s)[:5] if is_midnight else clock_time(at_s)
        made.append((share, label))
    return made


class Scale(msgspec.Struct, frozen=True, kw_only=True):
    """
    How a chart divides its time: ``count`` slots of ``slot_s``, made of rollups of ``length_s``;
    marks every ``mark_s`` of Vietnam's clock, a label at every ``label_every`` of them.
    """

    name: Text
    slot_s: int
    count: int
    length_s: int
    mark_s: int
    label_every: int

    @property
    def span_s(self) -> int:
        """Its total length."""
        return self.slot_s * self.count

    def start_s(self, now_s: float) -> int:
        """Return the start of the first slot; the last slot contains the present."""
        return (int(now_s) // self.slot_s + 1) * self.slot_s - self.span_s


SCALES: Final[dict[ChartPeriod, Scale]] = {
    ChartPeriod.DAY: Scale(
        name=PERIOD_NAMES[ChartPeriod.DAY],
        slot_s=600,
        count=144,
        length_s=FINE_S,
        mark_s=_HOUR_S,
        label_every=6,
    ),
    ChartPeriod.WEEK: Scale(
        name=PERIOD_NAMES[ChartPeriod.WEEK],
        slot_s=_HOUR_S,
        count=168,
        length_s=COARSE_S,
        mark_s=_DAY_S,
        label_every=1,
    ),
    ChartPeriod.MONTH: Scale(
        name=PERIOD_NAMES[ChartPeriod.MONTH],
        slot_s=6 * _HOUR_S,
        count=120,
        length_s=COARSE_S,
        mark_s=_DAY_S,
        label_every=7,
    ),
}


def period_from(text: str | None) -> ChartPeriod | None:
    """Return the period named in a URL; ``None`` without one."""
    return ChartPeriod(text) if text in set(ChartPeriod) else None
