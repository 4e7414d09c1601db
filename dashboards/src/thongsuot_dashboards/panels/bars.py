"""Bars: values of now beside each other, as lengths."""

# pyright: reportCallIssue=false
# grafanalib declares its fields without annotations, which type checkers cannot see.

from dataclasses import dataclass

import grafanalib.core as grafana

from thongsuot_dashboards.panels.look import Look
from thongsuot_dashboards.panels.panel import DATASOURCE, targets
from thongsuot_dashboards.panels.plain import Plain
from thongsuot_dashboards.query import Query
from thongsuot_dashboards.text import Language, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """One horizontal bar a series; the queries are instant."""

    title: Text
    queries: tuple[Query, ...]
    look: Look
    description: Text
    height: int = 8
    width: int = 0

    def build(self, language: Language, grid: grafana.GridPos) -> grafana.Panel:
        """Return a Grafana bar gauge; grafanalib's own writes options that Grafana dropped."""
        options = {
            "displayMode": "basic",
            "orientation": "horizontal",
            "namePlacement": "left",
            "showUnfilled": True,
            "valueMode": "color",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        }
        return Plain(
            title=self.title.in_(language),
            description=self.description.in_(language),
            dataSource=DATASOURCE,
            targets=targets(self.queries),
            gridPos=grid,
            maxDataPoints=None,
            extraJson={
                "type": "bargauge",
                "options": options,
                "fieldConfig": {"defaults": self.look.to_json(language)},
            },
        )
