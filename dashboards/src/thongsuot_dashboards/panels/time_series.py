"""Time series: values over time, as lines."""

# pyright: reportCallIssue=false
# grafanalib declares its fields without annotations, which type checkers cannot see.

from dataclasses import dataclass

import grafanalib.core as grafana

from thongsuot_dashboards.panels.field_config import FieldConfig, Json, threshold_steps
from thongsuot_dashboards.panels.panel import DATASOURCE, targets
from thongsuot_dashboards.query import Query
from thongsuot_dashboards.text import BilingualText, Language


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeSeriesPanel:
    """
    Lines over time.

    ``bands`` are pairs of legends, upper and lower, between which the area is filled.
    ``is_stacked`` puts values on top of each other. The limits of the value's style are drawn as
    dashed lines.
    """

    title: BilingualText
    queries: tuple[Query, ...]
    field_config: FieldConfig
    description: BilingualText
    bands: tuple[tuple[str, str], ...] = ()
    is_stacked: bool = False
    height: int = 8
    width: int = 0

    def build(self, language: Language, grid: grafana.GridPos) -> grafana.Panel:
        """Return a Grafana time-series panel."""
        custom: Json = {"stacking": {"mode": "normal" if self.is_stacked else "none", "group": "A"}}
        defaults: Json = self.field_config.to_json(language)
        defaults["color"] = {"mode": "palette-classic"}
        if self.field_config.limits is not None:
            # Limits apply to single values; the colours of lines distinguish the series.
            custom["thresholdsStyle"] = {"mode": "dashed"}
            defaults["thresholds"] = {
                "mode": "absolute",
                "steps": [
                    {**step, "color": "transparent"} if step["value"] is None else step
                    for step in threshold_steps(self.field_config.limits)
                ],
            }
        defaults["custom"] = custom
        return grafana.TimeSeries(
            title=self.title.in_language(language),
            description=self.description.in_language(language),
            dataSource=DATASOURCE,
            targets=targets(self.queries),
            gridPos=grid,
            maxDataPoints=None,
            lineWidth=0 if self.is_stacked else 1,
            fillOpacity=70 if self.is_stacked else 6,
            showPoints="never",
            legendDisplayMode="list",
            tooltipMode="multi",
            tooltipSort="desc",
            spanNulls=False,
            overrides=[_band(upper, lower) for upper, lower in self.bands],
            extraJson={"fieldConfig": {"defaults": defaults}},
        )


def _band(upper: str, lower: str) -> Json:
    return {
        "matcher": {"id": "byName", "options": upper},
        "properties": [
            {"id": "custom.fillBelowTo", "value": lower},
            {"id": "custom.fillOpacity", "value": 20},
            {"id": "custom.lineWidth", "value": 0},
        ],
    }
