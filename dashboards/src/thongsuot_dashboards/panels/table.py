"""Table: rows that share labels, one column per query."""

# pyright: reportCallIssue=false
# grafanalib declares its fields without annotations, which type checkers cannot see.

from collections.abc import Mapping
from dataclasses import dataclass, field

import grafanalib.core as grafana

from thongsuot_dashboards.panels.field_config import DataLink, FieldConfig, Json
from thongsuot_dashboards.panels.panel import DATASOURCE, targets
from thongsuot_dashboards.query import instant_query
from thongsuot_dashboards.text import BilingualText, Language


@dataclass(frozen=True, slots=True, kw_only=True)
class PageLink:
    """A link that leaves Grafana: the URL is a label of the series, by name."""

    label: str
    title: BilingualText


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelColumn:
    """
    A column that shows a label of the series; ``link`` makes it a link.

    ``words`` replace the label's values; an ``is_hidden`` column only provides a link.
    """

    name: str
    title: BilingualText
    link: DataLink | PageLink | None = None
    words: Mapping[str, BilingualText] = field(default_factory=dict)
    is_hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TableColumn:
    """A column with a value: ``expr`` is queried once; its series carry the table's labels."""

    title: BilingualText
    expr: str
    field_config: FieldConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class TablePanel:
    """
    One row for each set of labels, sorted by a column (its index, from 0), the highest first.

    Every column's expression must return exactly the table's labels, otherwise rows are split.
    """

    title: BilingualText
    labels: tuple[LabelColumn, ...]
    columns: tuple[TableColumn, ...]
    description: BilingualText
    sorted_by: int = 0
    low_first: bool = False
    height: int = 9
    width: int = 0

    def build(self, language: Language, grid: grafana.GridPos) -> grafana.Panel:
        """Return a Grafana table panel."""
        return grafana.Table(
            title=self.title.in_language(language),
            description=self.description.in_language(language),
            dataSource=DATASOURCE,
            targets=targets(
                tuple(instant_query(column.expr) for column in self.columns), as_table=True
            ),
            gridPos=grid,
            maxDataPoints=None,
            transformations=[{"id": "merge", "options": {}}, self._organised(language)],
            overrides=[*self._label_looks(language), *self._value_looks(language)],
            extraJson={
                "options": {
                    "cellHeight": "sm",
                    "sortBy": [
                        {
                            "displayName": self.columns[self.sorted_by].title.in_language(language),
                            "desc": not self.low_first,
                        }
                    ],
                }
            },
        )

    def _fields(self) -> list[str]:
        """Grafana's names for the values of the queries after merging."""
        if len(self.columns) == 1:
            return ["Value"]
        return [f"Value #{chr(ord('A') + place)}" for place in range(len(self.columns))]

    def _organised(self, language: Language) -> Json:
        labels = [label.name for label in self.labels]
        order = {name: place for place, name in enumerate((*labels, *self._fields()))}
        titles = {label.name: label.title.in_language(language) for label in self.labels}
        values = zip(self._fields(), self.columns, strict=True)
        titles |= {name: column.title.in_language(language) for name, column in values}
        return {
            "id": "organize",
            "options": {
                "excludeByName": {"Time": True},
                "indexByName": order,
                "renameByName": titles,
            },
        }

    def _label_looks(self, language: Language) -> list[Json]:
        looks = [
            {
                "matcher": {"id": "byName", "options": label.title.in_language(language)},
                "properties": self._label_properties(label, language),
            }
            for label in self.labels
        ]
        return [look for look in looks if look["properties"]]

    def _label_properties(self, label: LabelColumn, language: Language) -> list[Json]:
        properties: list[Json] = []
        if label.link is not None:
            link = _row_link(label.link, self.labels, language)
            properties.append({"id": "links", "value": [link]})
        if label.words:
            words = {
                value: {"index": place, "text": text.in_language(language)}
                for place, (value, text) in enumerate(label.words.items())
            }
            properties.append({"id": "mappings", "value": [{"type": "value", "options": words}]})
        if label.is_hidden:
            properties.append({"id": "custom.hidden", "value": True})
        return properties

    def _value_looks(self, language: Language) -> list[Json]:
        overrides: list[Json] = []
        for column in self.columns:
            look = column.field_config.to_json(language, of_row=True)
            properties = [{"id": key, "value": value} for key, value in look.items()]
            if column.field_config.limits is not None or column.field_config.mappings:
                cell = {"type": "color-background", "mode": "basic"}
                properties.append({"id": "custom.cellOptions", "value": cell})
            overrides.append(
                {
                    "matcher": {"id": "byName", "options": column.title.in_language(language)},
                    "properties": properties,
                }
            )
        return overrides


def _row_link(
    way: DataLink | PageLink, labels: tuple[LabelColumn, ...], language: Language
) -> Json:
    """
    Return the link of a row; the columns have been renamed, so labels are referred to by their
    titles.
    """
    titles = {label.name: label.title.in_language(language) for label in labels}
    if isinstance(way, PageLink):
        # Raw: the value is a whole URL, not a part of one.
        address = f'${{__data.fields["{titles[way.label]}"]:raw}}'
        return {"title": way.title.in_language(language), "url": address, "targetBlank": True}
    chosen = "&".join(f'var-{label}=${{__data.fields["{titles[label]}"]}}' for label in way.labels)
    return {
        "title": way.title.in_language(language),
        "url": f"/d/{way.board}?{chosen}&${{__url_time_range}}",
    }
