"""Calendar: months in the time of Vietnam, and the hours in which a contract's clock runs."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import msgspec

from thongsuot_collector.sla.terms import Terms
from thongsuot_schema.inventory.contract import office_minutes
from thongsuot_schema.inventory.contract_terms import Day, ServiceHours
from thongsuot_schema.words.dates import VIETNAM

_TEXT = re.compile(r"([0-9]{4})-([0-9]{2})")
_YEAR_MONTHS = 12
_QUARTER_MONTHS = 3

MS_PER_S = 1_000
NS_PER_MS = 1_000_000


class Month(msgspec.Struct, frozen=True, order=True):
    """One month; ``number`` is 1 to 12. As text: "2026-11"."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04}-{self.number:02}"

    @property
    def from_ms(self) -> int:
        """Its begin, Unix milliseconds."""
        return midnight_ms(datetime(self.year, self.number, 1, tzinfo=VIETNAM))

    @property
    def until_ms(self) -> int:
        """Its end (exclusive), Unix milliseconds."""
        return self.after().from_ms

    def after(self, months: int = 1) -> "Month":
        """Return the month this many months later; earlier if negative."""
        count = self.year * _YEAR_MONTHS + self.number - 1 + months
        return Month(count // _YEAR_MONTHS, count % _YEAR_MONTHS + 1)

    def quarter_begin(self) -> "Month":
        """Return the first month of its quarter."""
        return Month(self.year, (self.number - 1) // _QUARTER_MONTHS * _QUARTER_MONTHS + 1)


def month_from(text: str) -> Month:
    """
    Return the month named by a text.

    Raises:
        ValueError: it is not of the form "2026-11", or out of range.
    """
    match = _TEXT.fullmatch(text)
    if match is not None:
        year, number = int(match[1]), int(match[2])
        if 2000 <= year <= 2999 and 1 <= number <= _YEAR_MONTHS:
            return Month(year, number)
    raise ValueError(f'"{text}" is not a month, as in "2026-11"')


def month_at(at_ms: int) -> Month:
    """Return the month that contains a moment."""
    when = datetime.fromtimestamp(at_ms // MS_PER_S, VIETNAM)
    return Month(when.year, when.month)


def midnight_ms(when: datetime) -> int:
    """Return a moment (aware, whole seconds) in Unix milliseconds."""
    return int(when.timestamp()) * MS_PER_S


_MINUTE_MS = 60 * MS_PER_S
_WEEK = tuple(Day)

Span = tuple[int, int]
"""A span of time, its end exclusive; Unix milliseconds."""


def service_spans(terms: Terms, from_ms: int, until_ms: int) -> list[Span]:
    """Return the spans in which the clock runs between two moments: in order, disjoint."""
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
