"""Periods: the stretches of time that a picture can show, and where its time axis has marks."""

from enum import StrEnum
from typing import Final

from thongsuot_schema.words.dates import VIETNAM_OFFSET_S, calendar_date, clock_time
from thongsuot_schema.words.language import Text

_DAY_S: Final = 86_400
_EDGE: Final = 0.03
"""A label nearer than this share of the width to an edge would be cut off."""


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
