"""Month: a calendar month in the time of Vietnam, in Unix milliseconds."""

import re
from datetime import datetime

import msgspec

from thongsuot_schema.words.dates import VIETNAM

_TEXT = re.compile(r"(\d{4})-(\d\d)")
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
        """When it begins."""
        return midnight_ms(datetime(self.year, self.number, 1, tzinfo=VIETNAM))

    @property
    def until_ms(self) -> int:
        """When it is over."""
        return self.after().from_ms

    def after(self, months: int = 1) -> "Month":
        """Return the month so many months later; before this one where negative."""
        count = self.year * _YEAR_MONTHS + self.number - 1 + months
        return Month(count // _YEAR_MONTHS, count % _YEAR_MONTHS + 1)

    def quarter_begin(self) -> "Month":
        """Return the first month of its quarter."""
        return Month(self.year, (self.number - 1) // _QUARTER_MONTHS * _QUARTER_MONTHS + 1)


def month_from(text: str) -> Month:
    """
    Return the month that a text names.

    Raises:
        ValueError: it is not of the form "2026-11", or not of this age.
    """
    match = _TEXT.fullmatch(text)
    if match is not None:
        year, number = int(match[1]), int(match[2])
        if 2000 <= year <= 2999 and 1 <= number <= _YEAR_MONTHS:
            return Month(year, number)
    raise ValueError(f'"{text}" is not a month, as in "2026-11"')


def month_at(at_ms: int) -> Month:
    """Return the month in which a moment lies."""
    when = datetime.fromtimestamp(at_ms // MS_PER_S, VIETNAM)
    return Month(when.year, when.month)


def midnight_ms(when: datetime) -> int:
    """Return a moment (aware, whole seconds) in Unix milliseconds."""
    return int(when.timestamp()) * MS_PER_S
