"""Bar gauge: current values beside each other, as lengths."""

# pyright: reportCallIssue=false
# grafanalib declares its fields without annotations, which type checkers cannot see.

from dataclasses import dataclass

import grafanalib.core as grafana

from thongsuot_dashboards.panels.field_config import FieldConfig
from thongsuot_dashboards.panels.panel import DATASOURCE, RawPanel, targets
from thongsuot_dashboards.query import Query
from thongsuot_dashboards.text import BilingualText, Language


@dataclass(frozen=True, slots=True, kw_only=True)
class BarGaugePanel:
    """One horizontal bar per series; the queries are instant."""

    title: BilingualText
    queries: tuple[Query, ...]
    field_config: FieldConfig
    description: BilingualText
    height: int = 8
    width: int = 0

    def build(self, language: Language, grid: grafana.GridPos) -> grafana.Panel:
        """
        Return a Grafana bar gauge; grafanalib's own version writes options that Grafana dropped.
        """
        options = {
            "displayMode": "basic",
            "orientation": "horizontal",
            "namePlacement": "left",
            "showUnfilled": True,
            "valueMode": "color",
            "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        }
        return RawPanel(
            title=self.title.in_language(language),
            description=self.description.in_language(language),
            dataSource=DATASOURCE,
            targets=targets(self.queries),
            gridPos=grid,
            maxDataPoints=None,
            extraJson={
                "type": "bargauge",
                "options": options,
                "fieldConfig": {"defaults": self.field_config.to_json(language)},
            },
        )
