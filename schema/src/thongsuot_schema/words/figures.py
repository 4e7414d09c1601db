"""Figures for people, in the format of each language: decimal comma in Vietnamese."""

from functools import cache
from typing import Final

from thongsuot_schema.words.language import CountedText, Language, Text

_MINUTE_S: Final = 60
_HOUR_S: Final = 3_600
_DAY_S: Final = 86_400

_THOUSANDS_MARK: Final = Text("schema.words.figures.thousands_mark")
_DECIMAL_MARK: Final = Text("schema.words.figures.decimal_mark")
_PERCENT: Final = Text("schema.words.figures.percent")
_SECONDS_EXACTLY: Final = Text("schema.words.figures.seconds_exactly")
_SECONDS: Final = CountedText("schema.words.figures.seconds")
_MINUTES: Final = CountedText("schema.words.figures.minutes")
_HOURS: Final = Text("schema.words.figures.hours")
_DAYS: Final = CountedText("schema.words.figures.days")


@cache
def _marks(language: Language) -> dict[int, str]:
    """Return a language's separators for thousands and decimals, in place of Python's."""
    return str.maketrans({",": _THOUSANDS_MARK.read(language), ".": _DECIMAL_MARK.read(language)})


def number(value: float, places: int, language: Language) -> str:
    """Return a number with a fixed count of decimals: "1.234,5" in Vietnamese."""
    return f"{value:,.{places}f}".translate(_marks(language))


def decimal_mark(language: Language) -> str:
    """Return the decimal separator: a comma in Vietnamese."""
    return _DECIMAL_MARK.read(language)


def with_percent_sign(figure: str, language: Language) -> str:
    """Return a formatted figure as a percentage: "2,5 %"."""
    return _PERCENT.read(language, value=figure)


def milliseconds(rtt_s: float, language: Language) -> str:
    """Return a round-trip time (seconds) as "35 ms"; one decimal below 10 ms, seconds from 1 s."""
    rtt_ms = rtt_s * 1_000
    if rtt_ms >= 999.5:
        return _SECONDS_EXACTLY.read(language, value=number(rtt_s, 1, language))
    return f"{number(rtt_ms, 1 if rtt_ms < 9.95 else 0, language)} ms"


def percent(ratio: float, language: Language) -> str:
    """
    Return a ratio (0 to 1) as "2,5 %".

    Something is never rounded to nothing, nor a part to the whole: "< 0,1 %", "> 99,9 %".
    """
    share = ratio * 100
    if 0 < share < 0.05:
        return f"< {with_percent_sign(number(0.1, 1, language), language)}"
    if 99.95 <= share < 100:
        return f"> {with_percent_sign(number(99.9, 1, language), language)}"
    rounded = round(share, 1)
    places = 0 if rounded == int(rounded) else 1
    return with_percent_sign(number(rounded, places, language), language)


def duration(seconds: float, language: Language) -> str:
    """Return a duration in its two largest units: "45 giây", "3 phút", "2 giờ 05 phút"."""
    whole_s = max(0, int(seconds))
    if whole_s < _MINUTE_S:
        return _SECONDS.read(language, whole_s)
    if whole_s < _HOUR_S:
        return _MINUTES.read(language, whole_s // _MINUTE_S)
    if whole_s < _DAY_S:
        hours, minutes = whole_s // _HOUR_S, whole_s % _HOUR_S // _MINUTE_S
        return _HOURS.read(language, hours=hours, minutes=f"{minutes:02d}")
    days, hours = whole_s // _DAY_S, whole_s % _DAY_S // _HOUR_S
    return _DAYS.read(language, days, hours=hours)
