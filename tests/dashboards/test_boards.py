"""Laws that every board keeps."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from thongsuot_collector.correlation.open_incidents import LABELS as INCIDENT_LABELS
from thongsuot_collector.correlation.open_incidents import NAME as INCIDENT_START
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.notify.dispatch.metrics import NotifyMetrics
from thongsuot_dashboards import collector_metrics, recording_rules
from thongsuot_dashboards.__main__ import DEFAULT_FOLDER
from thongsuot_dashboards.generated import generated_files, load_boards
from thongsuot_dashboards.link_minutes import STRETCHES
from thongsuot_dashboards.panels.dashboard_schema import SCHEMA_VERSION
from thongsuot_dashboards.text import Language
from thongsuot_schema.catalogue import loader as catalogue
from thongsuot_schema.metric import PREFIX

Json = dict[str, Any]

CATALOGUE_NAMES = {
    name
    for kind in map(catalogue.load, catalogue.kinds())
    for name in (
        kind.success_name,
        kind.unmeasured_name,
        *(metric.full_name for metric in kind.metrics),
    )
}
MEASURED = {"carrier", "commune", "family", "link", "medium", "site", "target"}
KNOWN_LABELS = MEASURED | {"after", "commune_name", "consumer", "heard", "job", "le", "reason"}
KNOWN_LABELS |= set(INCIDENT_LABELS)

BOARDS: list[tuple[str, Json]] = [
    (f"{name}/{language}", json.loads(board.to_json(language)))
    for name, board in load_boards().items()
    for language in Language
]
each_board = pytest.mark.parametrize(("name", "board"), BOARDS, ids=[name for name, _ in BOARDS])


def collectors_own() -> set[str]:
    """Return the names of what a collector says of itself."""
    metrics = Metrics()
    NotifyMetrics(metrics.registry)
    endings = {"counter": ("_total",), "histogram": ("_bucket", "_count", "_sum"), "gauge": ("",)}
    return {INCIDENT_START} | {
        family.name + ending
        for family in metrics.registry.collect()
        for ending in endings[family.type]
    }


def texts(value: object) -> list[str]:
    """Return every PromQL expression in a board: of panels, annotations and variables."""
    if isinstance(value, list):
        return [text for inner_value in value for text in texts(inner_value)]
    if not isinstance(value, dict):
        return []
    own_texts = [
        text for key in ("expr", "query") if isinstance(text := value.get(key), str) and "(" in text
    ]
    plain = [value["expr"]] if isinstance(value.get("expr"), str) else []
    inner = [text for inner_value in value.values() for text in texts(inner_value)]
    return list(dict.fromkeys([*own_texts, *plain, *inner]))


@each_board
def test_a_query_names_nothing_that_is_not_there(name: str, board: Json) -> None:
    lengths = {stretch.query() for stretch in STRETCHES}  # of the time that is shown, not of series
    queries = [query for query in texts(board) if query not in lengths]
    assert queries, name
    theirs = collectors_own()
    for query in queries:
        names = set(re.findall(rf"\b{PREFIX}\w+|\bthongsuot:\w+|\bup\b", query))
        assert names, query
        unknown = names - CATALOGUE_NAMES - set(recording_rules.NAMES) - theirs - {"up"}
        assert unknown == set(), query
        matched = set(re.findall(r"(\w+)(?:=~|!=|=)\"", query))
        assert matched <= KNOWN_LABELS, query


def test_the_names_of_the_collectors_own_metrics_are_the_collectors() -> None:
    ours = {
        value
        for key, value in vars(collector_metrics).items()
        if key.isupper() and value != collector_metrics.PREFIX
    }
    ours -= {
        collector_metrics.JOB,
        collector_metrics.PUSH_SECONDS,
        collector_metrics.COMMIT_SECONDS,
    }
    ours |= {
        f"{collector_metrics.PUSH_SECONDS}_bucket",
        f"{collector_metrics.COMMIT_SECONDS}_bucket",
    }
    assert ours - collectors_own() == set()


@each_board
def test_a_board_is_of_the_present_schema_and_says_what_each_panel_shows(
    name: str, board: Json
) -> None:
    assert board["schemaVersion"] == SCHEMA_VERSION
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        assert panel["title"], name
        assert panel["description"], panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}


@each_board
def test_panels_lie_side_by_side_and_fill_their_rows(name: str, board: Json) -> None:
    taken: set[tuple[int, int]] = set()
    for panel in board["panels"]:
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, f"{name}: {panel['title']} lies on another"
        assert all(0 <= x < 24 for x, _ in cells), panel["title"]
        taken |= cells
    for panel in board["panels"]:
        y = panel["gridPos"]["y"]
        assert {x for x, at in taken if at == y} == set(range(24)), f"{name}: a hole beside row {y}"


@each_board
def test_a_variable_that_a_query_uses_is_one_that_can_be_chosen(name: str, board: Json) -> None:
    chosen = {variable["name"] for variable in board["templating"]["list"]}
    built_in = {"__range", "__range_s", "__rate_interval"}
    used = set(re.findall(r"\$\{?(\w+)", " ".join(texts(board))))
    assert used - chosen - built_in == set(), name
    assert chosen - used - {"datasource"} == set(), f"{name}: a choice that changes nothing"


@each_board
def test_links_lead_to_boards_that_there_are_with_variables_that_they_have(
    name: str, board: Json
) -> None:
    variables = {
        linked_board["uid"]: {variable["name"] for variable in linked_board["templating"]["list"]}
        for _, linked_board in BOARDS
    }
    for url in re.findall(r'"url": "(/d/(?:[^"\\]|\\.)*)"', json.dumps(board)):
        uid, _, rest = url.removeprefix("/d/").partition("?")
        assert uid in variables, f"{name}: {url}"
        assert set(re.findall(r"var-(\w+)=", rest)) <= variables[uid], f"{name}: {url}"


@pytest.mark.parametrize("board", load_boards())
def test_both_languages_differ_in_words_only(board: str) -> None:
    shapes = []
    for language in Language:
        data = json.loads(load_boards()[board].to_json(language))
        shapes.append([(p["type"], p["gridPos"], texts(p)) for p in data["panels"]])
        assert data["uid"] == load_boards()[board].uid
    assert shapes[0] == shapes[1]


def test_the_uids_of_boards_are_unique() -> None:
    uids = [board.uid for board in load_boards().values()]
    assert len(uids) == len(set(uids))


def test_the_committed_files_are_what_the_code_generates() -> None:
    committed = {
        path.relative_to(DEFAULT_FOLDER).as_posix(): path.read_text(encoding="utf-8")
        for path in Path(DEFAULT_FOLDER).rglob("*")
        if path.is_file()
    }
    assert committed == generated_files(), "run: python -m thongsuot_dashboards"


@each_board
def test_a_count_of_zero_is_never_shown_in_an_alarming_colour(name: str, board: Json) -> None:
    for panel in board["panels"]:
        if panel["type"] != "stat":
            continue
        defaults = panel["fieldConfig"]["defaults"]
        if defaults["unit"] not in {"none", "short"} or "mappings" in defaults:
            continue
        steps = defaults.get("thresholds", {}).get("steps", [])
        if any(step["color"] == "green" for step in steps[1:]):
            continue  # of what is better the more there is, nothing is the worst
        at_zero = [step["color"] for step in steps if (step["value"] or 0) <= 0][-1:]
        alarming = [color for color in at_zero if "red" in color or "orange" in color]
        assert not alarming, f"{name}: {panel['title']}"


@each_board
def test_no_graph_computes_a_subquery_in_steps_of_its_own(name: str, board: Json) -> None:
    # Prometheus computes every step of it over all of the displayed time: 8,640 of 5 min in thirty
    # days, for a graph of 360 points. A least distance of points does the same for short times.
    for panel in board["panels"]:
        for target in panel.get("targets", []):
            own_step = re.search(r":\d+[smh]\]", target["expr"])
            assert target["instant"] or own_step is None, f"{name}: {panel['title']}"
