"""Figures as people read them: a value and its unit, round numbers for an axis, a time of day."""

import math
from datetime import UTC, datetime, timedelta

HANOI = timedelta(hours=7)
"""No summer time."""

_SECONDS = ((1e-6, "µs"), (1e-3, "ms"), (1.0, "s"), (60.0, "min"), (3600.0, "h"), (86400.0, "d"))
_BYTES = ((1.0, "B"), (1024.0, "KiB"), (1024.0**2, "MiB"), (1024.0**3, "GiB"), (1024.0**4, "TiB"))
_THOUSANDS = ((1.0, ""), (1e3, "k"), (1e6, "M"), (1e9, "G"))
_SCALES = {
    "s": (_SECONDS, ""),
    "bytes": (_BYTES, ""),
    "short": (_THOUSANDS, ""),
    "bps": (_THOUSANDS, "b/s"),
    "cps": (_THOUSANDS, "/s"),
    "reqps": (_THOUSANDS, " req/s"),
    "pps": (_THOUSANDS, " p/s"),
}
_PLAIN = {"percentunit": (100, " %"), "dB": (1, " dB"), "dBm": (1, " dBm")}


def figure(value: float, unit: str, decimals: int | None = None) -> str:
    """Return a value in a unit of Grafana's, with as many digits as are worth reading."""
    if math.isnan(value):
        return "–"
    if unit == "dateTimeAsIso":
        return clock(value, with_date=True)
    if unit in _SCALES:
        scales, ending = _SCALES[unit]
        return _scaled(value, scales, decimals, ending)
    factor, ending = _PLAIN.get(unit, (1, ""))
    return _digits(value * factor, decimals) + ending


def clock(at_s: float, *, with_date: bool = False) -> str:
    """Return the time of day in Hanoi."""
    moment = datetime.fromtimestamp(at_s, UTC) + HANOI
    return moment.strftime("%d/%m/%Y %H:%M" if with_date else "%H:%M")


def moments(start_s: float, end_s: float, count: int = 8) -> list[float]:
    """Return round times of day that lie in a window, at most so many."""
    span_s = end_s - start_s
    steps_s = (300, 600, 900, 1800, 3600, 7200, 14_400, 86_400)
    step_s = next((step_s for step_s in steps_s if span_s / step_s <= count), 7 * 86_400)
    first = math.ceil((start_s + HANOI.total_seconds()) / step_s)
    last = math.floor((end_s + HANOI.total_seconds()) / step_s)
    return [place * step_s - HANOI.total_seconds() for place in range(first, last + 1)]


def ticks(low: float, high: float, count: int, *, finest: float = 0.0) -> list[float]:
    """Return round values that lie in a range, about so many; no nearer than ``finest``."""
    if high <= low:
        return [low]
    rough = max((high - low) / max(count, 1), finest)
    power = 10 ** math.floor(math.log10(rough))
    step = next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= rough)
    first = math.ceil(low / step)
    return [place * step for place in range(first, math.floor(high / step + 1e-9) + 1)]


def _scaled(
    value: float,
    scales: tuple[tuple[float, str], ...],
    decimals: int | None,
    ending: str = "",
) -> str:
    size, name = scales[0]
    for scale, text in scales:
        if abs(value) >= scale * 0.9995:
            size, name = scale, text
    if value == 0:
        size, name = next(one for one in scales if one[0] == 1.0)
    space = " " if name and not ending else ""
    return f"{_digits(value / size, decimals)}{space}{name}{ending}"


def _digits(value: float, decimals: int | None) -> str:
    if abs(value - round(value)) < 1e-9:
        value = round(value)
    if decimals is None:
        decimals = 0 if value == round(value) else max(0, 2 - len(str(int(abs(value)))) + 1)
    return f"{value:.{decimals}f}"
