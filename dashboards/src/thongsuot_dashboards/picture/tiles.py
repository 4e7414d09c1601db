"""Tiles: one coloured field a series."""

import math

from thongsuot_dashboards.picture.area import Area, Content, color_for, name_of
from thongsuot_dashboards.picture.figure import figure
from thongsuot_dashboards.picture.svg import FAINT, PAPER, cut, rect, wide, words

_GAP = 3


def draw(area: Area, content: Content) -> list[str]:
    """Return the panel's content as SVG elements."""
    series = content.series
    if not series:
        return [words("–", area.x + area.w / 2, area.y + area.h / 2, size=20, fill=FAINT)]
    columns = _columns(len(series), area)
    rows = math.ceil(len(series) / columns)
    w, h = area.w / columns, area.h / rows
    lines = [_said(content, one.name, one.last) for one in series]
    longest = max((one[-1] for one in lines), key=lambda text: wide(text, 1))
    size = min(26.0, h / (len(lines[0]) + 0.8), (w - 14) / max(wide(longest, 1), 1.0))
    parts: list[str] = []
    for place, one in enumerate(series):
        x, y = area.x + place % columns * w, area.y + place // columns * h
        color = color_for(content.defaults, one.last)
        field = rect(x + _GAP / 2, y + _GAP / 2, w - _GAP, h - _GAP, color, more=' rx="2"')
        parts += [field, *_centred(lines[place], Area(x=x, y=y, w=w, h=h), max(size, 9.0))]
    return parts


def _said(content: Content, name: str, value: float) -> list[str]:
    """Return the lines of a tile: name, value, or both."""
    mode = content.panel["options"]["textMode"]
    if mode == "name":
        return [name]
    said = name_of(content.defaults, value)
    look = content.defaults
    text = said[0] if said else figure(value, look["unit"], look.get("decimals"))
    return [name, text] if mode == "value_and_name" else [text]


def _columns(count: int, area: Area) -> int:
    """Return how many tiles stand beside each other so that they are about three times as wide."""
    best = max(1, round(math.sqrt(count * area.w / area.h / 3)))
    return min(count, best)


def _centred(lines: list[str], room: Area, size: float) -> list[str]:
    parts: list[str] = []
    for number, text in enumerate(lines):
        one = min(size, 12.0) if len(lines) > 1 and number == 0 else size
        fits = cut(text, one, room.w - 8)
        x = room.x + (room.w - wide(fits, one)) / 2
        y = room.y + room.h / 2 + (number - (len(lines) - 1) / 2) * (size + 3) + one * 0.35
        parts.append(words(fits, x, y, size=round(one, 1), fill=PAPER))
    return parts
