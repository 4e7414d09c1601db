"""XY chart: one value against another, a point for each moment at which both were measured."""

# pyright: reportCallIssue=false
# grafanalib declares its fields without annotations, which type checkers cannot see.

from dataclasses import dataclass

import grafanalib.core as grafana

from thongsuot_dashboards.panels.field_config import FieldConfig, Json
from thongsuot_dashboards.panels.panel import DATASOURCE, RawPanel, targets
from thongsuot_dashboards.query import Query
from thongsuot_dashboards.text import BilingualText, Language


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One axis: its query, its title, its style."""

    title: BilingualText
    expr: str
    field_config: FieldConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class XYChartPanel:
    """
    ``y`` against ``x``; each expression must return one series, or none.
    """

    title: BilingualText
    x: Axis
    y: Axis
    description: BilingualText
    height: int = 8
    width: int = 0

    def build(self, language: Language, grid: grafana.GridPos) -> grafana.Panel:
        """Return a Grafana XY chart, which grafanalib lacks."""
        sides = (self.x, self.y)
        names = [side.title.in_language(language) for side in sides]
        named = list(zip(sides, names, strict=True))
        return RawPanel(
            title=self.title.in_language(language),
            description=self.description.in_language(language),
            dataSource=DATASOURCE,
            targets=targets(tuple(Query(expr=side.expr, legend=name) for side, name in named)),
            gridPos=grid,
            maxDataPoints=None,
            # The two series become one table, joined by time: the chart uses its columns.
            transformations=[
                {"id": "joinByField", "options": {"byField": "Time", "mode": "inner"}}
            ],
            extraJson={
                "type": "xychart",
                "options": {
                    "mapping": "manual",
                    "series": [{"x": _by_name(names[0]), "y": _by_name(names[1])}],
                    "legend": {"showLegend": False},
                    "tooltip": {"mode": "single", "sort": "none"},
                },
                "fieldConfig": {
                    "defaults": {"custom": {"show": "points", "pointSize": {"fixed": 4}}},
                    "overrides": [
                        _override(name, side.field_config.to_json(language)) for side, name in named
                    ],
                },
            },
        )


def _by_name(name: str) -> Json:
    return {"matcher": {"id": "byName", "options": name}}


def _override(name: str, look: Json) -> Json:
    return {
        "matcher": {"id": "byName", "options": name},
        "properties": [{"id": key, "value": value} for key, value in look.items()],
    }
