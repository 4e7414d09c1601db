"""Panel: the few kinds of panel that the boards are made of."""

# pyright: reportCallIssue=false
# grafanalib declares its fields without annotations, which type checkers cannot see.

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import grafanalib.core as grafana

from thongsuot_dashboards.query import Query
from thongsuot_dashboards.text import Language, Text
from thongsuot_schema.metric import Unit

# Grafana's names of units (its "value formats"), by ours.
GRAFANA_UNIT = {
    Unit.SECONDS: "s",
    Unit.BYTES: "bytes",
    Unit.RATIO: "percentunit",
    Unit.DBM: "dBm",
    Unit.DECIBELS: "dB",
    Unit.COUNT: "short",
    Unit.PACKETS: "short",
    Unit.BITS_PER_SECOND: "bps",
    Unit.TIMESTAMP: "dateTimeAsIso",
    Unit.NUMBER: "none",
}

_DATASOURCE = "${datasource}"


class Panel(Protocol):
    """Something that can be placed on a board."""

    @property
    def height(self) -> int:
        """Rows of the grid that the panel takes."""
        ...

    def build(self, language: Language, grid: grafana.GridPos) -> grafana.Panel:
        """Return the grafanalib panel at its place."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Lines over time. ``per_second`` units are made by the query; ``unit`` is what is shown."""

    title: Text
    queries: tuple[Query, ...]
    unit: Unit
    description: Text
    height: int = 8

    def build(self, language: Language, grid: grafana.GridPos) -> grafana.Panel:
        """Return a Grafana time-series panel."""
        return grafana.TimeSeries(
            title=self.title.in_(language),
            description=self.description.in_(language),
            dataSource=_DATASOURCE,
            unit=GRAFANA_UNIT[self.unit],
            targets=_targets(self.queries),
            gridPos=grid,
            lineWidth=1,
            fillOpacity=8,
            showPoints="never",
            legendDisplayMode="list",
            spanNulls=False,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """The name and colour (Grafana's palette) of one value of a state."""

    text: Text
    color: str


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """States over time, one row a series; a value without a name is shown as it is."""

    title: Text
    queries: tuple[Query, ...]
    names: Mapping[int, Named]
    description: Text
    height: int = 6

    def build(self, language: Language, grid: grafana.GridPos) -> grafana.Panel:
        """Return a Grafana state-timeline panel."""
        mapping = {
            str(value): {"text": named.text.in_(language), "color": named.color, "index": index}
            for index, (value, named) in enumerate(sorted(self.names.items()))
        }
        return grafana.StateTimeline(
            title=self.title.in_(language),
            description=self.description.in_(language),
            dataSource=_DATASOURCE,
            targets=_targets(self.queries),
            gridPos=grid,
            mappings=[{"type": "value", "options": mapping}],
            rowHeight=0.8,
            fillOpacity=80,
        )


def _targets(queries: tuple[Query, ...]) -> list[grafana.Target]:
    return [
        grafana.Target(
            expr=query.expr,
            legendFormat=query.legend,
            refId=chr(ord("A") + index),
            instant=query.instant,
        )
        for index, query in enumerate(queries)
    ]
