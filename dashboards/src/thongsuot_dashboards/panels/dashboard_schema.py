"""
Converts grafanalib's output to the current dashboard schema, in one place.

grafanalib 0.7.1 writes schemaVersion 12: data sources as strings, keys that Grafana dropped,
``null`` for what is not set. Grafana migrates such boards on loading; provisioned ones then always
look changed and fail validation against ``@grafana/schema``. This module converts them to
schemaVersion 42.
"""

from typing import Any

import grafanalib.core as grafana

Json = dict[str, Any]
"""A JSON object whose shape is the third party's, checked by Grafana's own schema in the tests."""

SCHEMA_VERSION = 42

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
        "transformations",
        "transparent",
        "type",
    }
)
_TARGET_KEYS = frozenset({"expr", "format", "instant", "interval", "legendFormat", "refId"})
_VARIABLE_KEYS = frozenset(
    {"hide", "includeAll", "label", "multi", "name", "query", "refresh", "regex", "sort", "type"}
)
_SOURCE = {"type": "prometheus", "uid": "${datasource}"}
_LIST = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}


def migrate(board: Json) -> Json:
    """Return the board in the current schema; the input is not changed."""
    kept = _without_none({key: board[key] for key in _BOARD_KEYS if key in board})
    kept["schemaVersion"] = SCHEMA_VERSION
    kept["graphTooltip"] = 1  # one crosshair over all panels: a fault is compared across panels
    kept["timepicker"] = {}
    kept["annotations"] = {"list": [_annotation(entry) for entry in board["annotations"]["list"]]}
    kept["templating"] = {"list": [_variable(entry) for entry in board["templating"]["list"]]}
    kept["panels"] = [_panel(panel) for panel in board["panels"]]
    return kept


def _annotation(annotation: Json) -> Json:
    """
    Return an annotation whose query is a target, as Grafana's Prometheus data source keeps it.

    The schema requires the four keys of annotations that are stored in Grafana itself; it does not
    know those of the data source (``titleFormat`` and similar ones).
    """
    kept = dict(annotation)
    kept["datasource"] = dict(_SOURCE)
    kept["target"] = {
        "expr": kept.pop("expr"),
        "interval": kept.pop("step"),
        "refId": "Anno",
        "limit": 100,
        "matchAny": False,
        "tags": [],
        "type": "tags",
    }
    return kept


def _variable(variable: Json) -> Json:
    kept: Json = _without_none({k: variable[k] for k in _VARIABLE_KEYS if k in variable})
    if kept["type"] != "query":
        return kept | {"current": {"text": "", "value": ""}, "includeAll": False, "multi": False}
    kept["datasource"] = dict(_SOURCE)
    kept["options"] = []
    if kept["includeAll"]:
        kept["current"] = {"text": ["All"], "value": ["$__all"]}
    # A number would also be sorted as text; 1 sorts ascending by the displayed text.
    kept["sort"] = 1
    if kept["hide"] == grafana.HIDE_VARIABLE:
        kept["skipUrlSync"] = (
            True  # otherwise a link would set values that only the database can compute
        )
    kept["query"] = {"query": kept["query"], "refId": f"Variable-{kept['name']}"}
    return kept


def _panel(panel: Json) -> Json:
    kept: Json = _without_none({key: panel[key] for key in _PANEL_KEYS if key in panel})
    kept["datasource"] = dict(_SOURCE)
    _migrate_field_config(kept["fieldConfig"])
    options = kept.setdefault("options", {})
    if "legend" in options:
        options["legend"] = _LIST | options["legend"]
    for key in ("transformations", "links"):
        if not kept.get(key):
            kept.pop(key, None)
    kept["targets"] = [
        {
            **_without_none({key: target[key] for key in _TARGET_KEYS if key in target}),
            "datasource": dict(_SOURCE),
            "range": not target.get("instant", False),
        }
        for target in panel.get("targets", [])
    ]
    return kept


def _migrate_field_config(config: Json) -> None:
    config.setdefault("overrides", [])
    defaults = config.setdefault("defaults", {})
    # Keys that grafanalib keeps from older Grafanas, and empty ones that would hide the defaults.
    defaults.get("custom", {}).pop("displayMode", None)
    for key in ("color", "custom", "mappings", "thresholds"):
        if key in defaults and not _is_set(defaults[key]):
            del defaults[key]


def _is_set(value: object) -> bool:
    if isinstance(value, dict) and "steps" in value:
        return bool(value["steps"])
    if isinstance(value, dict) and "mode" in value:
        return value["mode"] is not None
    return bool(value)


def _without_none(value: Json) -> Json:
    """Return an object without unset keys; the ``null`` of a threshold means minus infinity."""
    kept: Json = {}
    for key, inner in value.items():
        if inner is not None or (key == "value" and "color" in value):
            kept[key] = _inner_without_none(inner)
    return kept


def _inner_without_none(inner: object) -> object:
    if isinstance(inner, dict):
        return _without_none(inner)
    return [_inner_without_none(item) for item in inner] if isinstance(inner, list) else inner
