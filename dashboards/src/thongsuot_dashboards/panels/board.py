"""Board: panels on Grafana's grid of 24 columns, as JSON of the present dashboard schema."""

# pyright: reportCallIssue=false
# grafanalib declares its fields without annotations, which type checkers cannot see.

import json
from dataclasses import dataclass
from typing import Any, cast

import grafanalib.core as grafana
from grafanalib._gen import DashboardEncoder

from thongsuot_dashboards.panels.modern import modern
from thongsuot_dashboards.panels.panel import Panel
from thongsuot_dashboards.text import Language, Text

GRID_COLUMNS = 24
DATASOURCE = "${datasource}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """A choice at the top of a board: the values of ``label`` on the series of ``metric``."""

    label: str
    metric: str
    title: Text
    matcher: str = ""

    def query(self) -> str:
        """Return the query that lists the choices."""
        return f"label_values({self.metric}{{{self.matcher}}}, {self.label})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """One dashboard. ``uid`` never changes: people link to it. ``rows`` are read left to right."""

    uid: str
    title: Text
    description: Text
    variables: tuple[Variable, ...]
    rows: tuple[tuple[Panel, ...], ...]

    def to_json(self, language: Language) -> str:
        """Return the board as JSON text, keys sorted, ready to be provisioned."""
        board = grafana.Dashboard(
            uid=self.uid,
            title=self.title.in_(language),
            description=self.description.in_(language),
            tags=["thongsuot"],
            timezone="browser",
            refresh="30s",
            time=grafana.Time("now-6h", "now"),
            templating=grafana.Templating(list=self._templates(language)),
            panels=self._placed(language),
        ).auto_panel_ids()
        # grafanalib has no types; what comes out is JSON all the same.
        data = json.loads(json.dumps(board.to_json_data(), cls=DashboardEncoder))
        text = json.dumps(
            modern(cast("dict[str, Any]", data)), ensure_ascii=False, indent=1, sort_keys=True
        )
        return text + "\n"

    def _templates(self, language: Language) -> list[grafana.Template]:
        source = grafana.Template(
            name="datasource", label="Prometheus", type="datasource", query="prometheus", default=""
        )
        return [source] + [
            grafana.Template(
                name=variable.label,
                label=variable.title.in_(language),
                query=variable.query(),
                dataSource=DATASOURCE,
                type="query",
                multi=True,
                includeAll=True,
                refresh=2,
            )
            for variable in self.variables
        ]

    def _placed(self, language: Language) -> list[grafana.Panel]:
        placed: list[grafana.Panel] = []
        y = 0
        for row in self.rows:
            width = GRID_COLUMNS // len(row)
            height = max(panel.height for panel in row)
            for index, panel in enumerate(row):
                grid = grafana.GridPos(h=height, w=width, x=index * width, y=y)
                placed.append(panel.build(language, grid))
            y += height
        return placed
