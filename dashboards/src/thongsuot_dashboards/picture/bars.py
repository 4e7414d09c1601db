"""Bars: values of now beside each other, as lengths."""

from thongsuot_dashboards.picture.area import Area, Content, color_for
from thongsuot_dashboards.picture.figure import figure
from thongsuot_dashboards.picture.svg import FAINT, RULE, cut, rect, words

_RIGHT = 90


def draw(area: Area, content: Content) -> list[str]:
    """Return the panel's content as SVG elements."""
    series = content.series
    if not series:
        return [words("–", area.x + area.w / 2, area.y + area.h / 2, size=14, fill=FAINT)]
    look = content.defaults
    low = look.get("min", 0.0)
    high = look.get("max", max(one.last for one in series)) or 1.0
    left = area.w * 0.28
    room = area.w - left - _RIGHT
    height = min(34.0, area.h / len(series))
    parts: list[str] = []
    for row, one in enumerate(series):
        y = area.y + row * height
        share = min(max((one.last - low) / (high - low), 0.0), 1.0) if high > low else 0.0
        color = color_for(look, one.last)
        text = figure(one.last, look["unit"], look.get("decimals"))
        parts += [
            words(cut(one.name, 11, left - 12), area.x + 6, y + height / 2 + 4),
            rect(area.x + left, y + 4, room, height - 8, RULE),
            rect(area.x + left, y + 4, room * share, height - 8, color),
            words(text, area.x + left + room + 8, y + height / 2 + 4, fill=color),
        ]
    return parts
