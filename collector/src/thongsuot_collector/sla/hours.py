"""Hours: when a contract's clock runs."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from thongsuot_collector.sla.month import MS_PER_S, midnight_ms
from thongsuot_collector.sla.terms import Terms
from thongsuot_schema.inventory.contract import office_minutes
from thongsuot_schema.inventory.model import Day, ServiceHours
from thongsuot_schema.words.dates import VIETNAM

_MINUTE_MS = 60 * MS_PER_S
_WEEK = tuple(Day)

Span = tuple[int, int]
"""From when until when (exclusive), Unix milliseconds."""


def service_spans(terms: Terms, from_ms: int, until_ms: int) -> list[Span]:
    """Return when the clock runs between two moments: in order, apart from each other."""
    if terms.clock is ServiceHours.ALWAYS:
        return [(from_ms, until_ms)]
    spans: list[Span] = []
    for opens_ms, closes_ms in _office_spans(terms, from_ms, until_ms):
        begin_ms, end_ms = max(opens_ms, from_ms), min(closes_ms, until_ms)
        if begin_ms >= end_ms:
            continue
        if spans and spans[-1][1] == begin_ms:
            spans[-1] = (spans[-1][0], end_ms)
        else:
            spans.append((begin_ms, end_ms))
    return spans


def _office_spans(terms: Terms, from_ms: int, until_ms: int) -> Iterator[Span]:
    stretches = sorted(map(office_minutes, terms.office_hours))
    day = datetime.fromtimestamp(from_ms // MS_PER_S, VIETNAM).replace(
        hour=0, minute=0, second=0, microsecond=0
    )
    while midnight_ms(day) < until_ms:
        is_open = _WEEK[day.weekday()] in terms.office_days
        if is_open and day.date().isoformat() not in terms.holidays:
            start_ms = midnight_ms(day)
            for begin_min, end_min in stretches:
                yield start_ms + begin_min * _MINUTE_MS, start_ms + end_min * _MINUTE_MS
        day += timedelta(days=1)
