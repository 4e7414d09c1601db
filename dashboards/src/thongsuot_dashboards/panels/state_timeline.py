"""State timeline: states over time, one row per series."""

# pyright: reportCallIssue=false
# grafanalib declares its fields without annotations, which type checkers cannot see.

from dataclasses import dataclass

import grafanalib.core as grafana

from thongsuot_dashboards.panels.field_config import FieldConfig
from thongsuot_dashboards.panels.panel import DATASOURCE, targets
from thongsuot_dashboards.query import Query
from thongsuot_dashboards.text import BilingualText, Language


@dataclass(frozen=True, slots=True, kw_only=True)
class StateTimelinePanel:
    """States over time, one row per series; a value without a name is shown as a number."""

    title: BilingualText
    queries: tuple[Query, ...]
    field_config: FieldConfig
    description: BilingualText
    height: int = 6
    width: int = 0

    def build(self, language: Language, grid: grafana.GridPos) -> grafana.Panel:
        """Return a Grafana state-timeline panel."""
        return grafana.StateTimeline(
            title=self.title.in_language(language),
            description=self.description.in_language(language),
            dataSource=DATASOURCE,
            targets=targets(self.queries),
            gridPos=grid,
            maxDataPoints=None,
            rowHeight=0.8,
            fillOpacity=80,
            showValue="never",
            extraJson={
                "fieldConfig": {"defaults": self.field_config.to_json(language)},
                "options": {"tooltip": {"mode": "single", "sort": "none"}},
            },
        )
