"""Every generated board is what Grafana's own types say a dashboard is."""

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator  # type: ignore[import-untyped]  # has no stubs

from tests.contract.house import ROOT
from thongsuot_dashboards.generated import load_boards
from thongsuot_dashboards.text import Language

Json = dict[str, Any]

SCHEMA: Json = json.loads((ROOT / "dashboards/grafana/schema.json").read_text("utf-8"))

OPTIONS = {
    "bargauge": ("BargaugeOptions", ""),
    "stat": ("StatOptions", ""),
    "state-timeline": ("StateTimelineOptions", "StateTimelineField"),
    "table": ("TableOptions", "TableField"),
    "timeseries": ("TimeseriesOptions", "TimeseriesField"),
    "xychart": ("XychartOptions", "XychartField"),
}
"""By the type of a panel: the types of its options and of its fields' own settings."""


def mistakes(type_name: str, value: Json) -> Iterator[str]:
    """Yield where a value is not of a type."""
    validator = Draft7Validator(
        {"$ref": f"#/definitions/{type_name}", "definitions": SCHEMA["definitions"]}
    )
    for error in validator.iter_errors(value):
        yield f"{type_name} {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"


def of_annotation(annotation: Json) -> Iterator[str]:
    """
    Yield what is wrong with an annotation.

    The type calls its target "should just be a normal query target" and does not know the keys of
    the Prometheus data source (``expr``, ``titleFormat``, …), which are checked by name here.
    """
    bare = copy.deepcopy(annotation)
    theirs = {key: bare.pop(key, None) for key in ("titleFormat", "textFormat")}
    query = {key: bare["target"].pop(key, None) for key in ("expr", "interval", "refId")}
    yield from (f"annotation without {key}" for key, value in (theirs | query).items() if not value)
    yield from mistakes("AnnotationQuery", bare)


def of_board(board: Json) -> list[str]:
    """Return what is wrong with a board."""
    bare = copy.deepcopy(board)
    mistakes_found = [
        text for entry in bare["annotations"].pop("list") for text in of_annotation(entry)
    ]
    mistakes_found += mistakes("GDashboard", bare)
    for panel in board["panels"]:
        options, field = OPTIONS[panel["type"]]
        wrong = [*mistakes("GPanel", panel), *mistakes(options, panel["options"])]
        if field:
            wrong += mistakes(field, panel["fieldConfig"]["defaults"].get("custom", {}))
        for override in panel["fieldConfig"]["overrides"]:
            # The type leaves these open; each is one key of a field's configuration.
            look = {
                entry["id"]: entry["value"]
                for entry in override["properties"]
                if not entry["id"].startswith("custom.")
            }
            wrong += mistakes("FieldConfig", look)
        mistakes_found += [f"{panel['title']}: {text}" for text in wrong]
    return mistakes_found


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("name", load_boards())
def test_a_board_is_a_dashboard_by_grafanas_own_types(name: str, language: Language) -> None:
    assert of_board(json.loads(load_boards()[name].to_json(language))) == []


def test_the_raw_output_of_grafanalib_would_be_refused() -> None:
    board = json.loads(load_boards()["link"].to_json(Language.VI))
    board["rows"] = []
    board["panels"][0]["datasource"] = "Prometheus"
    board["panels"][0]["options"]["legend"].pop("showLegend")
    board["annotations"]["list"][0].pop("titleFormat")
    text = "\n".join(of_board(board))
    assert "'rows' was unexpected" in text
    assert "'showLegend' is a required property" in text
    assert "'Prometheus' is not of type 'object'" in text
    assert "annotation without titleFormat" in text


def test_the_schema_says_where_it_comes_from() -> None:
    assert "@grafana/schema 12.3.0" in SCHEMA["$comment"]
    assert "Apache License" in Path(ROOT / "dashboards/grafana/LICENSE").read_text("utf-8")
