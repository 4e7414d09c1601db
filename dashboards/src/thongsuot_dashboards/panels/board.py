"""Board: panels on Grafana's grid of 24 columns, as JSON of the current dashboard schema."""

# pyright: reportCallIssue=false
# grafanalib declares its fields without annotations, which type checkers cannot see.

import json
from dataclasses import dataclass
from typing import Any, cast

import grafanalib.core as grafana
from grafanalib._gen import DashboardEncoder

from thongsuot_dashboards.panels.dashboard_schema import migrate
from thongsuot_dashboards.panels.panel import DATASOURCE, Panel
from thongsuot_dashboards.query import ShownStretch
from thongsuot_dashboards.text import BilingualText, Language

GRID_COLUMNS = 24

TAG = "thongsuot"
"""A tag of every board; the links between the boards use it."""

_OTHER_BOARDS = BilingualText("Bảng khác", "Other boards")


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """
    A variable at the top of a board: the values of ``label`` on the series that ``series`` selects.

    ``series`` is any expression. ``shown`` is the label whose value is displayed instead.
    ``is_single`` allows one value, initially the first; otherwise several values or all can be
    selected.
    """

    label: str
    series: str
    title: BilingualText
    shown: str = ""
    is_single: bool = False

    def query(self) -> str:
        """Return the query that lists the choices."""
        shown = f", {self.shown}" if self.shown else ""
        return f"query_result(group by ({self.label}{shown}) ({self.series}))"

    def pattern(self) -> str:
        """Return the regular expression that extracts value and text from a result."""
        value = f'{self.label}="(?<value>[^"]*)"'
        if not self.shown:
            return f"/{value}/"
        # Prometheus writes labels in alphabetical order.
        shown = f'{self.shown}="(?<text>[^"]*)"'
        first, second = (value, shown) if self.label < self.shown else (shown, value)
        return f"/{first}.*{second}/"


_MILLISECONDS = r"/^\{\} (?<value>\d+)/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """
    A mark on all panels where ``expr`` has a result; consecutive moments form one region.

    ``heading`` and ``text`` may name labels (``{{link}}``).
    """

    name: BilingualText
    expr: str
    color: str
    heading: str
    text: BilingualText
    step: str = "60s"

    def to_json(self, language: Language) -> dict[str, Any]:
        """Return the annotation in the form of Grafana's Prometheus data source."""
        return {
            "name": self.name.in_language(language),
            "enable": True,
            "iconColor": self.color,
            "expr": self.expr,
            "step": self.step,
            "titleFormat": self.heading,
            "textFormat": self.text.in_language(language),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """
    One dashboard. ``uid`` never changes: people link to it. ``rows`` are laid out from left to
    right.
    """

    uid: str
    title: BilingualText
    description: BilingualText
    variables: tuple[Variable, ...]
    rows: tuple[tuple[Panel, ...], ...]
    annotations: tuple[Annotation, ...] = ()
    stretches: tuple[ShownStretch, ...] = ()
    span: str = "6h"
    """The initial time range: from this long ago until now."""

    def to_json(self, language: Language) -> str:
        """Return the board as JSON text, keys sorted, ready to be provisioned."""
        board = grafana.Dashboard(
            uid=self.uid,
            title=self.title.in_language(language),
            description=self.description.in_language(language),
            tags=[TAG],
            # The theme and time zone of each reader, or of the organisation, in Grafana; else the
            # browser's.
            timezone="",
            refresh="30s",
            time=grafana.Time(f"now-{self.span}", "now"),
            templating=grafana.Templating(list=self._templates(language)),
            annotations=grafana.Annotations(
                list=[annotation.to_json(language) for annotation in self.annotations]
            ),
            links=[
                grafana.DashboardLink(
                    title=_OTHER_BOARDS.in_language(language),
                    type="dashboards",
                    tags=[TAG],
                    asDropdown=True,
                    includeVars=True,
                    keepTime=True,
                )
            ],
            panels=self._placed(language),
        ).auto_panel_ids()
        # grafanalib has no types, but its output is JSON.
        data = json.loads(json.dumps(board.to_json_data(), cls=DashboardEncoder))
        text = json.dumps(
            migrate(cast("dict[str, Any]", data)), ensure_ascii=False, indent=1, sort_keys=True
        )
        return text + "\n"

    def _templates(self, language: Language) -> list[grafana.Template]:
        source = grafana.Template(
            name="datasource", label="Prometheus", type="datasource", query="prometheus", default=""
        )
        return (
            [source]
            + [
                grafana.Template(
                    name=variable.label,
                    label=variable.title.in_language(language),
                    query=variable.query(),
                    regex=variable.pattern(),
                    dataSource=DATASOURCE,
                    type="query",
                    multi=not variable.is_single,
                    includeAll=not variable.is_single,
                    refresh=2,
                )
                for variable in self.variables
            ]
            + [
                grafana.Template(
                    name=stretch.name,
                    label=stretch.name,
                    query=stretch.query(),
                    regex=_MILLISECONDS,
                    dataSource=DATASOURCE,
                    type="query",
                    hide=grafana.HIDE_VARIABLE,
                    refresh=2,
                )
                for stretch in self.stretches
            ]
        )

    def _placed(self, language: Language) -> list[grafana.Panel]:
        placed: list[grafana.Panel] = []
        y = 0
        for row in self.rows:
            height = max(panel.height for panel in row)
            x = 0
            for panel, width in zip(row, _widths(row), strict=True):
                placed.append(panel.build(language, grafana.GridPos(h=height, w=width, x=x, y=y)))
                x += width
            y += height
        return placed


def _widths(row: tuple[Panel, ...]) -> list[int]:
    """Return the columns of each panel: its own, or an equal share of the rest."""
    left = GRID_COLUMNS - sum(panel.width for panel in row)
    free = sum(panel.width == 0 for panel in row)
    widths: list[int] = []
    for panel in row:
        if panel.width:
            widths.append(panel.width)
        else:
            widths.append(-(-left // free))  # rounded up: the last panels get the rest
            left, free = left - widths[-1], free - 1
    return widths
