"""States: what something was, over time, one row a series."""

# pyright: reportCallIssue=false
# grafanalib declares its fields without annotations, which type checkers cannot see.

from dataclasses import dataclass

import grafanalib.core as grafana

from thongsuot_dashboards.panels.look import Look
from thongsuot_dashboards.panels.panel import DATASOURCE, targets
from thongsuot_dashboards.query import Query
from thongsuot_dashboards.text import Language, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class States:
    """States over time, one row a series; a value without a name is shown as it is."""

    title: Text
    queries: tuple[Query, ...]
    look: Look
    description: Text
    height: int = 6
    width: int = 0

    def build(self, language: Language, grid: grafana.GridPos) -> grafana.Panel:
        """Return a Grafana state-timeline panel."""
        return grafana.StateTimeline(
            title=self.title.in_(language),
            description=self.description.in_(language),
            dataSource=DATASOURCE,
            targets=targets(self.queries),
            gridPos=grid,
            maxDataPoints=None,
            rowHeight=0.8,
            fillOpacity=80,
            showValue="never",
            extraJson={
                "fieldConfig": {"defaults": self.look.to_json(language)},
                "options": {"tooltip": {"mode": "single", "sort": "none"}},
            },
        )
