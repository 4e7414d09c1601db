"""
Moments for people: HH:mm and DD/MM/YYYY, in the time of Vietnam.

Asia/Ho_Chi_Minh has been UTC+7 without summer time since 1975, so a fixed offset is exact and the
device needs no time-zone database.
"""

from datetime import UTC, datetime, timedelta, timezone
from typing import Final

from thongsuot_schema.words.language import Language, Text

VIETNAM_OFFSET_S: Final = 7 * 3_600
VIETNAM: Final = timezone(timedelta(seconds=VIETNAM_OFFSET_S), "ICT")

_YESTERDAY: Final = Text("schema.words.dates.yesterday")
_ON_DATE: Final = Text("schema.words.dates.on_date")

_EARLIEST_S: Final = datetime(1970, 1, 1, tzinfo=UTC).timestamp()
_LATEST_S: Final = datetime(9998, 12, 31, tzinfo=UTC).timestamp()


def local(unix_s: float) -> datetime:
    """Return a moment (Unix seconds) in Vietnam, clamped to the range of a calendar."""
    return datetime.fromtimestamp(min(max(unix_s, _EARLIEST_S), _LATEST_S), VIETNAM)


def clock_time(unix_s: float) -> str:
    """Return "09:42"."""
    return local(unix_s).strftime("%H:%M")


def calendar_date(unix_s: float) -> str:
    """Return "24/11/2026"."""
    return local(unix_s).strftime("%d/%m/%Y")


def moment(unix_s: float) -> str:
    """Return "24/11/2026 09:42", for tables."""
    return local(unix_s).strftime("%d/%m/%Y %H:%M")


def relative_moment(unix_s: float, now_s: float | None, language: Language) -> str:
    """
    Return a moment for running text, with no more date than is needed at ``now_s``.

    "09:42", "09:42 hôm qua" or "09:42 ngày 22/11/2026"; always with the date when ``now_s`` is
    ``None``.
    """
    when = local(unix_s)
    if now_s is not None:
        days_ago = (local(now_s).date() - when.date()).days
        if days_ago == 0:
            return clock_time(unix_s)
        if days_ago == 1:
            return _YESTERDAY.read(language, clock=clock_time(unix_s))
    return _ON_DATE.read(language, clock=clock_time(unix_s), date=calendar_date(unix_s))
