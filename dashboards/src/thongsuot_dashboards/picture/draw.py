"""Draw: a whole board as one SVG."""

import json
from collections.abc import Callable, Mapping

from thongsuot_dashboards.picture import bars, lines, scatter, states, table, tiles
from thongsuot_dashboards.picture.area import Area, Content, Marks
from thongsuot_dashboards.picture.ask import Json, Prometheus, Window, asked, choices, filled
from thongsuot_dashboards.picture.figure import clock
from thongsuot_dashboards.picture.states import stretches
from thongsuot_dashboards.picture.svg import FAINT, GROUND, PAPER, RULE, cut, rect, wide, words

_COLUMN, _ROW, _GAP, _EDGE = 56, 36, 6, 12
_HEAD, _FOOT, _TITLE = 66, 22, 24
_WIDTH = 24 * _COLUMN + 2 * _EDGE
_FONT = "'DejaVu Sans','Helvetica Neue',Arial,sans-serif"

_DRAW: Mapping[str, Callable[[Area, Content], list[str]]] = {
    "bargauge": bars.draw,
    "stat": tiles.draw,
    "state-timeline": states.draw,
    "table": table.draw,
    "timeseries": lines.draw,
    "xychart": scatter.draw,
}


def picture(text: str, prometheus: Prometheus, window: Window, chosen: Mapping[str, str]) -> str:
    """Return a board (its JSON text) as SVG; ``chosen`` are values of its variables."""
    board: Json = json.loads(text)
    values, shown = choices(board, prometheus, window, chosen)
    marks = _marks(board, prometheus, window, values)
    rows = max(one["gridPos"]["y"] + one["gridPos"]["h"] for one in board["panels"])
    height = _HEAD + rows * _ROW + _FOOT
    parts = [rect(0, 0, _WIDTH, height, GROUND), *_head(board, window, shown)]
    for panel in board["panels"]:
        content = Content(
            panel=panel,
            answers=asked(panel, prometheus, window, values),
            window=window,
            marks=marks,
        )
        parts += _panel(content)
    note = (
        "Drawn by thongsuot_dashboards.picture from what Prometheus answered for"
        f" {clock(window.end_s, with_date=True)} (Hanoi time); Grafana draws them its own way."
    )
    parts.append(words(note, _EDGE, height - 8, size=10, fill=FAINT))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
        f'width="{_WIDTH}" height="{height}" font-family="{_FONT}">\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _head(board: Json, window: Window, shown: Mapping[str, str]) -> list[str]:
    span = f"{clock(window.start_s, with_date=True)} – {clock(window.end_s, with_date=True)}"
    chosen = "    ".join(f"{label}: {text}" for label, text in shown.items())
    return [
        words(board["title"], _EDGE, 28, size=19, more=' font-weight="600"'),
        words(span, _WIDTH - _EDGE - wide(span, 12), 28, size=12, fill=FAINT),
        words(board["description"], _EDGE, 46, size=11, fill=FAINT),
        words(chosen, _WIDTH - _EDGE - wide(chosen, 11), 46, size=11),
    ]


def _panel(content: Content) -> list[str]:
    grid = content.panel["gridPos"]
    x, y = _EDGE + grid["x"] * _COLUMN, _HEAD + grid["y"] * _ROW
    w, h = grid["w"] * _COLUMN - _GAP, grid["h"] * _ROW - _GAP
    inner = Area(x=x + 4, y=y + _TITLE, w=w - 8, h=h - _TITLE - 4)
    title = cut(content.panel["title"], 12, w - 16)
    return [
        rect(x, y, w, h, PAPER, more=f' stroke="{RULE}" rx="2"'),
        words(title, x + 8, y + 16, size=12, more=' font-weight="600"'),
        *_DRAW[content.panel["type"]](inner, content),
    ]


def _marks(board: Json, prometheus: Prometheus, window: Window, values: Mapping[str, str]) -> Marks:
    found: list[tuple[str, list[tuple[float, float]]]] = []
    for one in board["annotations"]["list"]:
        step_s = float(one["target"]["interval"].removesuffix("s"))
        series = prometheus.range(filled(one["target"]["expr"], values), "", window, step_s)
        spans = [(start, end) for each in series for start, end, _ in stretches(each, step_s)]
        found.append((one["iconColor"], _merged(spans)))
    return found


def _merged(spans: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Return stretches of time that do not overlap."""
    found: list[tuple[float, float]] = []
    for start_s, end_s in sorted(spans):
        if found and start_s <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end_s))
        else:
            found.append((start_s, end_s))
    return found
