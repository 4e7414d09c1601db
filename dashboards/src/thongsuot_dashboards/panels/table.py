"""Table: rows that share labels, one column a query."""

# pyright: reportCallIssue=false
# grafanalib declares its fields without annotations, which type checkers cannot see.

from dataclasses import dataclass

import grafanalib.core as grafana

from thongsuot_dashboards.panels.look import Json, Look, Way
from thongsuot_dashboards.panels.panel import DATASOURCE, targets
from thongsuot_dashboards.query import now
from thongsuot_dashboards.text import Language, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A column that shows a label of the series; ``way`` makes it a link."""

    name: str
    title: Text
    way: Way | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column that shows a value: ``expr`` is asked once; its series carry the table's labels."""

    title: Text
    expr: str
    look: Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """
    One row for each set of labels, sorted by a column (its place, from 0), the highest first.

    Every column's expression has to return exactly the table's labels, else rows fall apart.
    """

    title: Text
    labels: tuple[Label, ...]
    columns: tuple[Column, ...]
    description: Text
    sorted_by: int = 0
    low_first: bool = False
    height: int = 9
    width: int = 0

    def build(self, language: Language, grid: grafana.GridPos) -> grafana.Panel:
        """Return a Grafana table panel."""
        return grafana.Table(
            title=self.title.in_(language),
            description=self.description.in_(language),
            dataSource=DATASOURCE,
            targets=targets(tuple(now(column.expr) for column in self.columns), as_table=True),
            gridPos=grid,
            maxDataPoints=None,
            transformations=[{"id": "merge", "options": {}}, self._organised(language)],
            overrides=[*self._label_looks(language), *self._value_looks(language)],
            extraJson={
                "options": {
                    "cellHeight": "sm",
                    "sortBy": [
                        {
                            "displayName": self.columns[self.sorted_by].title.in_(language),
                            "desc": not self.low_first,
                        }
                    ],
                }
            },
        )

    def _fields(self) -> list[str]:
        """Names that Grafana gives to the values of the queries after they are merged."""
        if len(self.columns) == 1:
            return ["Value"]
        return [f"Value #{chr(ord('A') + place)}" for place in range(len(self.columns))]

    def _organised(self, language: Language) -> Json:
        labels = [label.name for label in self.labels]
        order = {name: place for place, name in enumerate((*labels, *self._fields()))}
        titles = {label.name: label.title.in_(language) for label in self.labels}
        values = zip(self._fields(), self.columns, strict=True)
        titles |= {name: column.title.in_(language) for name, column in values}
        return {
            "id": "organize",
            "options": {
                "excludeByName": {"Time": True},
                "indexByName": order,
                "renameByName": titles,
            },
        }

    def _label_looks(self, language: Language) -> list[Json]:
        return [
            {
                "matcher": {"id": "byName", "options": label.title.in_(language)},
                "properties": [
                    {"id": "links", "value": [_way(label.way, self.labels, language)]},
                ],
            }
            for label in self.labels
            if label.way is not None
        ]

    def _value_looks(self, language: Language) -> list[Json]:
        found: list[Json] = []
        for column in self.columns:
            look = column.look.to_json(language, of_row=True)
            properties = [{"id": key, "value": value} for key, value in look.items()]
            if column.look.limits is not None or column.look.names:
                cell = {"type": "color-background", "mode": "basic"}
                properties.append({"id": "custom.cellOptions", "value": cell})
            found.append(
                {
                    "matcher": {"id": "byName", "options": column.title.in_(language)},
                    "properties": properties,
                }
            )
        return found


def _way(way: Way, labels: tuple[Label, ...], language: Language) -> Json:
    """Return the link of a row; the columns have been renamed, so labels go by their titles."""
    titles = {label.name: label.title.in_(language) for label in labels}
    chosen = "&".join(f'var-{label}=${{__data.fields["{titles[label]}"]}}' for label in way.labels)
    return {
        "title": way.title.in_(language),
        "url": f"/d/{way.board}?{chosen}&${{__url_time_range}}",
    }
