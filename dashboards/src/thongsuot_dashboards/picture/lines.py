"""Lines over time, and bands and stacks of them."""

import math
from collections.abc import Sequence
from itertools import pairwise

from thongsuot_dashboards.picture.area import Area, Content
from thongsuot_dashboards.picture.ask import Series
from thongsuot_dashboards.picture.figure import clock, figure, moments, ticks
from thongsuot_dashboards.picture.svg import (
    FAINT,
    RULE,
    SERIES,
    color_of,
    cut,
    line,
    rect,
    wide,
    words,
)

_LEFT, _BOTTOM, _LEGEND_LINE = 58, 16, 14
_LEGEND_LINES = 2


class _Plane:
    """From time and value to pixels."""

    def __init__(self, area: Area, content: Content, low: float, high: float) -> None:
        self.area, self.low, self.high = area, low, high
        self.window = content.window

    def x(self, at_s: float) -> float:
        span_s = self.window.end_s - self.window.start_s
        share = (at_s - self.window.start_s) / span_s
        return self.area.x + min(max(share, 0.0), 1.0) * self.area.w

    def y(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return self.area.y + (1 - min(max(share, -0.02), 1.02)) * self.area.h


def draw(area: Area, content: Content) -> list[str]:
    """Return the panel's content as SVG elements."""
    series = [one for one in content.series if one.points]
    legend, used = _legend(area, series)
    inner = Area(
        x=area.x + _LEFT, y=area.y + 4, w=area.w - _LEFT - 4, h=area.h - _BOTTOM - 4 - used
    )
    is_stacked = content.defaults["custom"]["stacking"]["mode"] == "normal"
    stacks = _stacked(series) if is_stacked else series
    plane = _Plane(inner, content, *_bounds(content, stacks))
    bands = _bands(content, series)
    parts = [*_grid(plane, content), *_marks(plane, content), *_limits(plane, content)]
    for number, one in reversed(list(enumerate(stacks))):
        color = SERIES[number % len(SERIES)]
        if is_stacked:
            below = stacks[number - 1].points if number else [(at, 0.0) for at, _ in one.points]
            parts.extend(
                _filled(plane, run, below, color, 0.75) for run in _runs(one.points, content)
            )
        elif number in bands:
            below = series[bands[number]].points
            parts.extend(
                _filled(plane, run, below, color, 0.22) for run in _runs(one.points, content)
            )
        else:
            parts.extend(_run(plane, run, color) for run in _runs(one.points, content))
    return parts + legend


def _bounds(content: Content, series: Sequence[Series]) -> tuple[float, float]:
    values = [value for one in series for _, value in one.points if math.isfinite(value)]
    low = content.defaults.get("min", min(values, default=0.0))
    high = content.defaults.get("max", max(values, default=1.0))
    if high - low < 1e-12:
        high = low + (abs(low) * 0.1 or 1.0)
    room = (high - low) * 0.06
    return low - (0 if "min" in content.defaults else room), high + room


def _stacked(series: Sequence[Series]) -> list[Series]:
    sums: dict[float, float] = {}
    found: list[Series] = []
    for one in series:
        points = []
        for at, value in one.points:
            sums[at] = sums.get(at, 0.0) + (value if math.isfinite(value) else 0.0)
            points.append((at, sums[at]))
        found.append(Series(name=one.name, labels=one.labels, points=points))
    return found


def _bands(content: Content, series: Sequence[Series]) -> dict[int, int]:
    """Return the place of each upper edge of a band and of its lower one."""
    places = {one.name: number for number, one in enumerate(series)}
    found: dict[int, int] = {}
    for override in content.panel["fieldConfig"]["overrides"]:
        upper = override["matcher"]["options"]
        for one in override["properties"]:
            if one["id"] == "custom.fillBelowTo" and {upper, one["value"]} <= places.keys():
                found[places[upper]] = places[one["value"]]
    return found


def _grid(plane: _Plane, content: Content) -> list[str]:
    area, unit = plane.area, content.defaults["unit"]
    decimals = content.defaults.get("decimals")
    parts: list[str] = []
    finest = 10.0**-decimals if decimals is not None and unit == "short" else 0.0
    for value in ticks(plane.low, plane.high, int(area.h // 32), finest=finest):
        y = plane.y(value)
        text = figure(value, unit, decimals)
        parts.append(line(area.x, y, area.x + area.w, y, RULE))
        x = area.x - 5 - wide(text, 10)
        parts.append(words(text, x, y + 3, size=10, fill=FAINT))
    for at_s in moments(plane.window.start_s, plane.window.end_s):
        x = plane.x(at_s)
        parts.append(line(x, area.y, x, area.y + area.h, RULE))
        text = clock(at_s)
        parts.append(words(text, x - wide(text, 10) / 2, area.y + area.h + 12, size=10, fill=FAINT))
    return parts


def _marks(plane: _Plane, content: Content) -> list[str]:
    parts: list[str] = []
    for color, stretches in content.marks:
        for start_s, end_s in stretches:
            x = plane.x(start_s)
            width = max(1.5, plane.x(end_s) - x)
            parts.append(
                rect(x, plane.area.y, width, plane.area.h, color_of(color), more=' opacity="0.13"')
            )
    return parts


def _limits(plane: _Plane, content: Content) -> list[str]:
    steps = content.defaults.get("thresholds", {}).get("steps", ())
    return [
        line(
            plane.area.x,
            plane.y(step["value"]),
            plane.area.x + plane.area.w,
            plane.y(step["value"]),
            color_of(step["color"]),
            more=' stroke-dasharray="6 4"',
        )
        for step in steps
        if step["value"] is not None and plane.low <= step["value"] <= plane.high
    ]


def _runs(
    points: Sequence[tuple[float, float]], content: Content
) -> list[list[tuple[float, float]]]:
    """Return a series cut where nothing was measured: a gap stays a gap."""
    runs: list[list[tuple[float, float]]] = [[]]
    for before, (at, value) in pairwise([(0.0, math.nan), *points]):
        if at - before[0] > 1.5 * content.window.step_s and runs[-1]:
            runs.append([])
        if math.isfinite(value):
            runs[-1].append((at, value))
        elif runs[-1]:
            runs.append([])
    return [run for run in runs if run]


def _run(plane: _Plane, run: Sequence[tuple[float, float]], color: str) -> str:
    if len(run) == 1:
        (at, value) = run[0]
        return f'<circle cx="{plane.x(at):.1f}" cy="{plane.y(value):.1f}" r="1.6" fill="{color}"/>'
    # What lies between two points of the same value adds nothing but size.
    bends = [
        point
        for place, point in enumerate(run)
        if place in {0, len(run) - 1} or not run[place - 1][1] == point[1] == run[place + 1][1]
    ]
    path = " ".join(f"{plane.x(at):.1f},{plane.y(value):.1f}" for at, value in bends)
    return f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.3"/>'


def _filled(
    plane: _Plane,
    upper: Sequence[tuple[float, float]],
    lower: Sequence[tuple[float, float]],
    color: str,
    opacity: float,
) -> str:
    bottoms = dict(lower)
    edge = [(at, value) for at, value in upper if math.isfinite(value)]
    there = [f"{plane.x(at):.1f},{plane.y(value):.1f}" for at, value in edge]
    back = [f"{plane.x(at):.1f},{plane.y(bottoms.get(at, 0.0)):.1f}" for at, _ in reversed(edge)]
    path = " ".join(there + back)
    return f'<polygon points="{path}" fill="{color}" opacity="{opacity:g}"/>'


def _legend(area: Area, series: Sequence[Series]) -> tuple[list[str], int]:
    """Return the legend below the plane, and how high it is; what has no room is counted."""
    rows: list[list[tuple[int, str]]] = [[]]
    room = area.w - 12
    left = room
    for number, one in enumerate(series):
        text = cut(one.name or "value", 10, 200)
        width = wide(text, 10) + 26
        if width > left and rows[-1]:
            if len(rows) == _LEGEND_LINES:
                rows[-1].append((-1, f"+ {len(series) - number}"))
                break
            rows.append([])
            left = room
        rows[-1].append((number, text))
        left -= width
    parts: list[str] = []
    height = len(rows) * _LEGEND_LINE
    for line_number, row in enumerate(rows):
        x, y = area.x + 6, area.y + area.h - height + (line_number + 1) * _LEGEND_LINE - 3
        for number, text in row:
            if number >= 0:
                parts.append(rect(x, y - 4, 12, 3, SERIES[number % len(SERIES)]))
            parts.append(words(text, x + 16, y, size=10))
            x += wide(text, 10) + 26
    return parts, height
