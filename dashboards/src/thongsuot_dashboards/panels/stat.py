"""Stat: one coloured field per series; a single figure is one field."""

# pyright: reportCallIssue=false
# grafanalib declares its fields without annotations, which type checkers cannot see.

from dataclasses import dataclass

import grafanalib.core as grafana

from thongsuot_dashboards.panels.field_config import FieldConfig
from thongsuot_dashboards.panels.panel import DATASOURCE, targets
from thongsuot_dashboards.query import Query
from thongsuot_dashboards.text import BilingualText, Language


@dataclass(frozen=True, slots=True, kw_only=True)
class StatPanel:
    """
    One coloured field per series, in a grid; ``names_only`` shows the value only by colour.

    The queries are instant: a tile shows the end of the displayed time.
    """

    title: BilingualText
    queries: tuple[Query, ...]
    field_config: FieldConfig
    description: BilingualText
    names_only: bool = False
    height: int = 4
    width: int = 0

    def build(self, language: Language, grid: grafana.GridPos) -> grafana.Panel:
        """Return a Grafana stat panel."""
        is_many = any("{{" in query.legend for query in self.queries) or len(self.queries) > 1
        text_mode = "name" if self.names_only else "value_and_name" if is_many else "value"
        return grafana.Stat(
            title=self.title.in_language(language),
            description=self.description.in_language(language),
            dataSource=DATASOURCE,
            targets=targets(self.queries),
            gridPos=grid,
            maxDataPoints=None,
            colorMode="background",
            graphMode="none",
            textMode=text_mode,
            reduceCalc="lastNotNull",
            noValue="–",
            extraJson={
                "fieldConfig": {"defaults": self.field_config.to_json(language)},
                "options": {"wideLayout": True},
            },
        )
