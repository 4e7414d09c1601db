"""Scatter: one value against another, a point for each moment both were measured."""

from thongsuot_dashboards.picture.area import Area, Content
from thongsuot_dashboards.picture.ask import Json
from thongsuot_dashboards.picture.figure import figure, ticks
from thongsuot_dashboards.picture.svg import FAINT, RULE, SERIES, line, wide, words

_LEFT, _BOTTOM = 58, 32


def draw(area: Area, content: Content) -> list[str]:
    """Return the panel's content as SVG elements."""
    pairs = joined(content)
    if not pairs:
        return [words("–", area.x + area.w / 2, area.y + area.h / 2, size=14, fill=FAINT)]
    names, looks = _sides(content.panel)
    inner = Area(x=area.x + _LEFT, y=area.y + 6, w=area.w - _LEFT - 8, h=area.h - _BOTTOM - 6)
    (x_low, x_high), (y_low, y_high) = (_bounds([pair[side] for pair in pairs]) for side in (0, 1))

    def x(value: float) -> float:
        return inner.x + (value - x_low) / (x_high - x_low) * inner.w

    def y(value: float) -> float:
        return inner.y + (1 - (value - y_low) / (y_high - y_low)) * inner.h

    parts: list[str] = []
    for value in ticks(y_low, y_high, int(inner.h // 32)):
        text = figure(value, looks[1].get("unit", "none"))
        parts.append(line(inner.x, y(value), inner.x + inner.w, y(value), RULE))
        at = inner.x - 5 - wide(text, 10)
        parts.append(words(text, at, y(value) + 3, size=10, fill=FAINT))
    for value in ticks(x_low, x_high, int(inner.w // 90)):
        text = figure(value, looks[0].get("unit", "none"))
        parts.append(line(x(value), inner.y, x(value), inner.y + inner.h, RULE))
        at = x(value) - wide(text, 10) / 2
        parts.append(words(text, at, inner.y + inner.h + 12, size=10, fill=FAINT))
    parts += [
        f'<circle cx="{x(one):.1f}" cy="{y(other):.1f}" r="2" fill="{SERIES[0]}" opacity="0.5"/>'
        for one, other in pairs
    ]
    parts.append(words(f"{names[1]} ↑   {names[0]} →", inner.x, area.y + area.h - 3, size=10))
    return parts


def joined(content: Content) -> list[tuple[float, float]]:
    """Return the values of both sides at the moments at which both have one."""
    x_side, y_side = content.answers
    if not x_side or not y_side:
        return []
    others = dict(y_side[0].points)
    return [(value, others[at]) for at, value in x_side[0].points if at in others]


def _sides(panel: Json) -> tuple[list[str], list[Json]]:
    looks = {
        one["matcher"]["options"]: {item["id"]: item["value"] for item in one["properties"]}
        for one in panel["fieldConfig"]["overrides"]
    }
    return list(looks), list(looks.values())


def _bounds(values: list[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    room = (high - low) * 0.05 or abs(low) * 0.1 or 1.0
    return low - room, high + room
