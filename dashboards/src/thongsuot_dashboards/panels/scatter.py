"""Scatter: one value against another, a point for each moment they were measured together."""

# pyright: reportCallIssue=false
# grafanalib declares its fields without annotations, which type checkers cannot see.

from dataclasses import dataclass

import grafanalib.core as grafana

from thongsuot_dashboards.panels.look import Json, Look
from thongsuot_dashboards.panels.panel import DATASOURCE, targets
from thongsuot_dashboards.panels.plain import Plain
from thongsuot_dashboards.query import Query
from thongsuot_dashboards.text import Language, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One side of the picture: what is asked, what it is called, how it is shown."""

    title: Text
    expr: str
    look: Look


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """
    ``y`` against ``x``; both expressions have to return one series, or nothing.
    """

    title: Text
    x: Axis
    y: Axis
    description: Text
    height: int = 8
    width: int = 0

    def build(self, language: Language, grid: grafana.GridPos) -> grafana.Panel:
        """Return a Grafana XY chart, which grafanalib lacks."""
        sides = (self.x, self.y)
        names = [side.title.in_(language) for side in sides]
        named = list(zip(sides, names, strict=True))
        return Plain(
            title=self.title.in_(language),
            description=self.description.in_(language),
            dataSource=DATASOURCE,
            targets=targets(tuple(Query(expr=side.expr, legend=name) for side, name in named)),
            gridPos=grid,
            maxDataPoints=None,
            # The two series become one table, joined by the moment: the chart takes its columns.
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
                        _override(name, side.look.to_json(language)) for side, name in named
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
