"""
From grafanalib's output to the present dashboard schema, in one place.

grafanalib 0.7.1 writes schemaVersion 12: data sources as strings, keys that Grafana dropped,
``null`` for what is not set. Grafana migrates such boards on loading; provisioned ones then look
changed for ever and fail validation against ``@grafana/schema``. Here they are brought to
schemaVersion 41.
"""

from typing import Any

Json = dict[str, Any]
"""A JSON object whose shape is the third party's, checked by Grafana's own schema in the tests."""

SCHEMA_VERSION = 41

_BOARD_KEYS = frozenset(
    {
        "annotations",
        "description",
        "editable",
        "fiscalYearStartMonth",
        "graphTooltip",
        "links",
        "panels",
        "refresh",
        "tags",
        "templating",
        "time",
        "timepicker",
        "timezone",
        "title",
        "uid",
    }
)
_PANEL_KEYS = frozenset(
    {
        "description",
        "fieldConfig",
        "gridPos",
        "id",
        "interval",
        "links",
        "maxDataPoints",
        "options",
        "targets",
        "title",
        "transparent",
        "type",
    }
)
_TARGET_KEYS = frozenset({"expr", "format", "instant", "interval", "legendFormat", "refId"})
_VARIABLE_KEYS = frozenset(
    {"hide", "includeAll", "label", "multi", "name", "query", "refresh", "regex", "sort", "type"}
)
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}


def modern(board: Json) -> Json:
    """Return the board in the present schema; the input is not changed."""
    kept = _without_none({key: board[key] for key in _BOARD_KEYS if key in board})
    kept["schemaVersion"] = SCHEMA_VERSION
    kept["graphTooltip"] = 1  # one crosshair over all panels: a fault is read down the page
    kept["timepicker"] = {}
    kept["annotations"] = {"list": []}
    kept["templating"] = {"list": [_variable(one) for one in board["templating"]["list"]]}
    kept["panels"] = [_panel(panel) for panel in board["panels"]]
    return kept


def _variable(variable: Json) -> Json:
    kept: Json = _without_none({k: variable[k] for k in _VARIABLE_KEYS if k in variable})
    if kept["type"] == "query":
        kept["datasource"] = dict(_SOURCE)
        kept["current"] = {"text": ["All"], "value": ["$__all"]}
        kept["options"] = []
    else:
        kept["current"] = {}
        kept["includeAll"] = False
        kept["multi"] = False
    return kept


def _panel(panel: Json) -> Json:
    kept: Json = _without_none({key: panel[key] for key in _PANEL_KEYS if key in panel})
    kept["datasource"] = dict(_SOURCE)
    if kept.get("options", {}).get("legend"):
        kept["options"]["legend"].setdefault("showLegend", True)
    kept["targets"] = [
        {
            **_without_none({key: target[key] for key in _TARGET_KEYS if key in target}),
            "datasource": dict(_SOURCE),
            "range": not target.get("instant", False),
        }
        for target in panel.get("targets", [])
    ]
    return kept


def _without_none(value: Json) -> Json:
    kept: Json = {}
    for key, inner in value.items():
        if isinstance(inner, dict):
            kept[key] = _without_none(inner)
        elif isinstance(inner, list):
            kept[key] = [_without_none(one) if isinstance(one, dict) else one for one in inner]
        elif inner is not None:
            kept[key] = inner
    return kept
