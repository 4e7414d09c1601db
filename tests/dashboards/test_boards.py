"""Laws that every board keeps."""

import json
import re
from pathlib import Path

import pytest

from thongsuot_dashboards.__main__ import DEFAULT_FOLDER, files
from thongsuot_dashboards.boards import load
from thongsuot_dashboards.panels.modern import SCHEMA_VERSION
from thongsuot_dashboards.text import Language
from thongsuot_schema import catalogue
from thongsuot_schema.metric import PREFIX

CATALOGUE_NAMES = {
    name
    for kind in map(catalogue.load, catalogue.kinds())
    for name in (
        kind.success_name,
        kind.unmeasured_name,
        *(metric.full_name for metric in kind.metrics),
    )
}
LABELS = {"carrier", "commune", "family", "link", "medium", "site", "target"}


def boards() -> list[tuple[str, dict[str, object]]]:
    return [
        (f"{name}/{language}", json.loads(board.to_json(language)))
        for name, board in load().items()
        for language in Language
    ]


def expressions(board: dict[str, object]) -> list[str]:
    found = re.findall(r'"expr": "((?:[^"\\]|\\.)*)"', json.dumps(board))
    return [text.replace('\\"', '"') for text in found]


@pytest.mark.parametrize(("name", "board"), boards())
def test_every_metric_in_a_query_is_in_the_catalogue(name: str, board: dict[str, object]) -> None:
    queries = expressions(board)
    assert queries, name
    for query in queries:
        names = re.findall(rf"\b{PREFIX}\w+", query)
        assert names, query
        assert set(names) <= CATALOGUE_NAMES, query
        matched = re.findall(r"(\w+)(?:=~|!=|=)", query)
        assert set(matched) <= LABELS, query


@pytest.mark.parametrize(("name", "board"), boards())
def test_a_board_is_of_the_present_schema_and_says_what_each_panel_shows(
    name: str, board: dict[str, object]
) -> None:
    assert board["schemaVersion"] == SCHEMA_VERSION
    panels = board["panels"]
    assert isinstance(panels, list)
    for panel in panels:
        assert panel["title"], name
        assert panel["description"], panel["title"]
        assert panel["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
        place = panel["gridPos"]
        assert 0 <= place["x"] <= place["x"] + place["w"] <= 24


def test_the_uids_of_boards_are_unique() -> None:
    uids = [board.uid for board in load().values()]
    assert len(uids) == len(set(uids))


def test_the_committed_files_are_what_the_code_generates() -> None:
    committed = {
        path.relative_to(DEFAULT_FOLDER).as_posix(): path.read_text(encoding="utf-8")
        for path in Path(DEFAULT_FOLDER).rglob("*")
        if path.is_file()
    }
    assert committed == files(), "run: python -m thongsuot_dashboards"
