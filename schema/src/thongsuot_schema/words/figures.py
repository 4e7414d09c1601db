"""Figures as people read them: decimal comma in Vietnamese, a space before the unit."""

from typing import Final

from thongsuot_schema.words.language import Language

_MINUTE_S: Final = 60
_HOUR_S: Final = 3_600
_DAY_S: Final = 86_400


def number(value: float, places: int, language: Language) -> str:
    """Return a number with a fixed count of decimals: "1.234,5" in Vietnamese."""
    text = f"{value:,.{places}f}"
    return text.translate(_VIETNAMESE_MARKS) if language == "vi" else text


def milliseconds(rtt_s: float, language: Language) -> str:
    """Return a round-trip time (seconds) as "35 ms"; one decimal below 10 ms, seconds from 1 s."""
    rtt_ms = rtt_s * 1_000
    if rtt_ms >= 999.5:
        return f"{number(rtt_s, 1, language)} {'giây' if language == 'vi' else 's'}"
    return f"{number(rtt_ms, 1 if rtt_ms < 9.95 else 0, language)} ms"


def percent(ratio: float, language: Language) -> str:
    """
    Return a ratio (0 to 1) as "2,5 %".

    Something is never rounded to nothing, nor a part to the whole: "< 0,1 %", "> 99,9 %".
    """
    space = " " if language == "vi" else ""
    share = ratio * 100
    if 0 < share < 0.05:
        return f"< {number(0.1, 1, language)}{space}%"
    if 99.95 <= share < 100:
        return f"> {number(99.9, 1, language)}{space}%"
    rounded = round(share, 1)
    return f"{number(rounded, 0 if rounded == int(rounded) else 1, language)}{space}%"


def duration(seconds: float, language: Language) -> str:
    """Return a duration in its two largest units: "45 giây", "3 phút", "2 giờ 05 phút"."""
    whole_s = max(0, int(seconds))
    if whole_s < _MINUTE_S:
        return f"{whole_s} giây" if language == "vi" else _counted(whole_s, "second")
    if whole_s < _HOUR_S:
        minutes = whole_s // _MINUTE_S
        return f"{minutes} phút" if language == "vi" else _counted(minutes, "minute")
    if whole_s < _DAY_S:
        hours, minutes = whole_s // _HOUR_S, whole_s % _HOUR_S // _MINUTE_S
        return (
            f"{hours} giờ {minutes:02d} phút"
            if language == "vi"
            else f"{hours} h {minutes:02d} min"
        )
    days, hours = whole_s // _DAY_S, whole_s % _DAY_S // _HOUR_S
    return f"{days} ngày {hours} giờ" if language == "vi" else f"{_counted(days, 'day')} {hours} h"


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


_VIETNAMESE_MARKS: Final = str.maketrans(",.", ".,")
