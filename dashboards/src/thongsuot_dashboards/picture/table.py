"""Table: rows that share labels, a column a query."""

import math
from dataclasses import dataclass

from thongsuot_dashboards.picture.area import Area, Content, color_for, name_of
from thongsuot_dashboards.picture.ask import Json
from thongsuot_dashboards.picture.figure import figure
from thongsuot_dashboards.picture.svg import FAINT, INK, PAPER, RULE, cut, line, rect, words

_ROW, _HEAD = 22, 20


@dataclass(frozen=True, slots=True, kw_only=True)
class _Column:
    key: str
    title: str
    look: Json
    is_colored: bool


def draw(area: Area, content: Content) -> list[str]:
    """Return the panel's content as SVG elements."""
    columns = _columns(content.panel)
    rows = _rows(content, columns)
    width = area.w / len(columns)
    parts = [
        words(cut(one.title, 10.5, width - 10), area.x + 6 + place * width, area.y + 13, size=10.5,
              fill=FAINT)
        for place, one in enumerate(columns)
    ]  # fmt: skip
    room = int((area.h - _HEAD) // _ROW)
    for number, row in enumerate(rows[:room]):
        y = area.y + _HEAD + number * _ROW
        parts.append(line(area.x, y, area.x + area.w, y, RULE))
        for place, column in enumerate(columns):
            parts += _cell(column, row.get(column.key), area.x + place * width, y, width)
    if len(rows) > room:
        text = f"+ {len(rows) - room}"
        parts.append(words(text, area.x + area.w - 40, area.y + area.h - 2, size=10, fill=FAINT))
    return parts


def _columns(panel: Json) -> list[_Column]:
    options = next(one["options"] for one in panel["transformations"] if one["id"] == "organize")
    titles = options["renameByName"]
    looks = {
        one["matcher"]["options"]: {item["id"]: item["value"] for item in one["properties"]}
        for one in panel["fieldConfig"]["overrides"]
    }
    return [
        _Column(
            key=key,
            title=titles[key],
            look=looks.get(titles[key], {}),
            is_colored="custom.cellOptions" in looks.get(titles[key], {}),
        )
        for key, _ in sorted(options["indexByName"].items(), key=lambda one: one[1])
    ]


def _rows(content: Content, columns: list[_Column]) -> list[dict[str, str | float]]:
    """Return the rows, joined by their labels and sorted as the panel says."""
    rows: dict[tuple[tuple[str, str], ...], dict[str, str | float]] = {}
    values = [one.key for one in columns if one.key.startswith("Value")]
    for key, answer in zip(values, content.answers, strict=True):
        for series in answer:
            labels = {name: text for name, text in series.labels.items() if name != "__name__"}
            row = rows.setdefault(tuple(sorted(labels.items())), dict(labels))
            row[key] = series.last
    order = content.panel["options"]["sortBy"][0]
    by = next(one.key for one in columns if one.title == order["displayName"])

    def place(row: dict[str, str | float]) -> float:
        value = row.get(by)
        return value if isinstance(value, float) and not math.isnan(value) else -math.inf

    return sorted(rows.values(), key=place, reverse=order["desc"])


def _cell(column: _Column, value: str | float | None, x: float, y: float, w: float) -> list[str]:
    if value is None:
        return [words("–", x + 6, y + 15, size=10.5, fill=FAINT)]
    if isinstance(value, str):
        fill = color_for({}, 0) if "links" not in column.look else "#3274d9"
        return [words(cut(value, 10.5, w - 10), x + 6, y + 15, size=10.5, fill=fill)]
    named = name_of(column.look, value)
    text = (
        named[0]
        if named
        else figure(value, column.look.get("unit", "none"), column.look.get("decimals"))
    )
    fits = cut(text, 10.5, w - 12)
    if not column.is_colored:
        return [words(fits, x + 6, y + 15, size=10.5, fill=INK)]
    color = color_for(column.look, value)
    return [
        rect(x + 1, y + 1, w - 2, _ROW - 2, color),
        words(fits, x + 6, y + 15, size=10.5, fill=PAPER),
    ]
