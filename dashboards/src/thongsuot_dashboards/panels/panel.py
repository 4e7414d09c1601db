"""Panel: something that can be placed on a board, and what all panels share."""

# pyright: reportCallIssue=false
# grafanalib declares its fields without annotations, which type checkers cannot see.

from typing import Protocol

import grafanalib.core as grafana

from thongsuot_dashboards.query import Query
from thongsuot_dashboards.text import Language

DATASOURCE = "${datasource}"


class Panel(Protocol):
    """Something that can be placed on a board."""

    @property
    def height(self) -> int:
        """Height of the panel in rows of the grid."""
        ...

    @property
    def width(self) -> int:
        """Width in columns of the 24; 0 shares the rest of the row with the others."""
        ...

    def build(self, language: Language, grid: grafana.GridPos) -> grafana.Panel:
        """Return the grafanalib panel at its place."""
        ...


def targets(queries: tuple[Query, ...], *, as_table: bool = False) -> list[grafana.Target]:
    """Return the queries as grafanalib's targets, A, B, C, …"""
    return [
        grafana.Target(
            expr=query.expr,
            legendFormat=query.legend,
            refId=chr(ord("A") + index),
            instant=query.instant or as_table,
            interval=query.min_step,
            format="table" if as_table else "time_series",
        )
        for index, query in enumerate(queries)
    ]


class RawPanel(grafana.Panel):  # type: ignore[misc]  # grafanalib has no types
    """
    A panel of a type that grafanalib lacks, or writes in a form that Grafana dropped.

    The content of the panel (``type``, ``options``, ``fieldConfig``) is given as ``extraJson``.
    """

    def to_json_data(self) -> object:
        """Return the panel as grafanalib's encoder requires it."""
        return self.panel_json({})
