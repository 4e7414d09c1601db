"""States over time: a row a series, a colour a state."""

from thongsuot_dashboards.picture.area import Area, Content, color_for, name_of
from thongsuot_dashboards.picture.ask import Series
from thongsuot_dashboards.picture.figure import clock, moments
from thongsuot_dashboards.picture.svg import FAINT, INK, cut, rect, wide, words

_LEFT, _BOTTOM = 150, 30


def draw(area: Area, content: Content) -> list[str]:
    """Return the panel's content as SVG elements."""
    series = content.series
    if not series:
        return [words("–", area.x + area.w / 2, area.y + area.h / 2, size=14, fill=FAINT)]
    left = min(_LEFT, max(wide(one.name, 10) for one in series) + 14)
    height = min(34.0, (area.h - _BOTTOM) / len(series))
    scale = (area.w - left - 8) / (content.window.end_s - content.window.start_s)

    def x(at_s: float) -> float:
        return area.x + left + (max(at_s, content.window.start_s) - content.window.start_s) * scale

    parts: list[str] = []
    for row, one in enumerate(series):
        y = area.y + row * height
        text = cut(one.name, 10, left - 12)
        parts.append(words(text, area.x + 6, y + height / 2 + 3, size=10))
        for start_s, until_s, value in stretches(one, content.window.step_s):
            left_x, right_x = x(start_s), x(min(until_s, content.window.end_s))
            color = color_for(content.defaults, value)
            parts.append(rect(left_x, y + 2, max(1.0, right_x - left_x), height - 4, color))
    bottom = area.y + height * len(series)
    for at_s in moments(content.window.start_s, content.window.end_s):
        text = clock(at_s)
        parts.append(words(text, x(at_s) - wide(text, 10) / 2, bottom + 11, size=10, fill=FAINT))
    return parts + _key(area, content)


def stretches(series: Series, step_s: float) -> list[tuple[float, float, float]]:
    """Return (start, end, value) of each stretch of one value; a gap ends a stretch."""
    found: list[tuple[float, float, float]] = []
    for at_s, value in series.points:
        if found and found[-1][2] == value and at_s - found[-1][1] <= 0.5 * step_s:
            found[-1] = (found[-1][0], at_s + step_s, value)
        else:
            found.append((at_s, at_s + step_s, value))
    return found


def _key(area: Area, content: Content) -> list[str]:
    """Return the names of the states that occur."""
    values = sorted({value for one in content.series for _, value in one.points})
    parts: list[str] = []
    x, y = area.x + 6, area.y + area.h - 3
    for value in values:
        text, color = name_of(content.defaults, value) or (f"{value:g}", INK)
        parts += [rect(x, y - 8, 9, 9, color), words(text, x + 13, y, size=10)]
        x += wide(text, 10) + 28
    return parts
