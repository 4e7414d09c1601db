"""Every query of every board, asked of a Prometheus with data of the lab, finds what is needed."""

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.dashboards.board_expectations import expectation_of
from tests.dashboards.board_queries import (
    Prometheus,
    QuerySeries,
    Window,
    ask_panel,
    choices,
    fill_variables,
)
from tests.dashboards.recording.filled_prometheus import RecordedLabData
from tests.dashboards.recording.recording_file import PlayedScene
from thongsuot_dashboards import collector_metrics
from thongsuot_dashboards.generated import load_boards
from thongsuot_dashboards.text import Language
from thongsuot_schema.catalogue import loader as catalogue

pytestmark = pytest.mark.servers

STEP_S = 15.0
NOTICED_S, CLEARED_S = 45.0, 75.0
"""How long after the beginning and the end of a fault its mark may begin and end."""

Json = dict[str, Any]

BOARDS: dict[str, Json] = {
    name: json.loads(board.to_json(Language.EN)) for name, board in load_boards().items()
}
each_board = pytest.mark.parametrize("name", BOARDS)


def window(lab_data: RecordedLabData) -> Window:
    return Window(start_s=lab_data.start_s, end_s=lab_data.end_s)


def window_of(panel: Json, lab_data: RecordedLabData) -> Window:
    """Return what is asked about: of the collector itself there are the seconds it ran."""
    is_own = any(
        name in target["expr"]
        for target in panel["targets"]
        for name in (collector_metrics.PREFIX, collector_metrics.JOB)
    )
    if is_own:
        return Window(start_s=lab_data.asked_s - 120, end_s=lab_data.asked_s)
    return window(lab_data)


def answers(name: str, lab_data: RecordedLabData) -> Iterator[tuple[Json, Json, list[QuerySeries]]]:
    """Yield panel, target and what is found, of each query of a board."""
    prometheus = Prometheus(lab_data.server.url)
    board = BOARDS[name]
    values, _ = choices(board, prometheus, window(lab_data), expectation_of(name).chosen)
    for panel in board["panels"]:
        answered = ask_panel(panel, prometheus, window_of(panel, lab_data), values)
        yield from zip([panel] * len(answered), panel["targets"], answered, strict=True)


@each_board
def test_every_query_finds_something(name: str, lab_data: RecordedLabData) -> None:
    may_be_empty = expectation_of(name).may_be_empty
    empty = [
        f"{panel['title']}: {target['expr']}"
        for panel, target, series in answers(name, lab_data)
        if not series and not {panel["title"], query_name(panel, target)} & may_be_empty.keys()
    ]
    assert not empty, "\n".join(empty)


def query_name(panel: Json, target: Json) -> str:
    """Return by which name expectations know one query of a panel."""
    return f"{panel['title']}: {target['legendFormat']}"


@each_board
def test_every_query_allowed_to_be_empty_exists(name: str) -> None:
    names = {
        query
        for panel in BOARDS[name]["panels"]
        for target in panel["targets"]
        for query in (panel["title"], query_name(panel, target))
    }
    assert expectation_of(name).may_be_empty.keys() <= names


def test_prometheus_has_every_metric_of_the_catalogue(lab_data: RecordedLabData) -> None:
    prometheus = Prometheus(lab_data.server.url)
    kinds = [catalogue.load(name) for name in catalogue.kinds()]
    absent = [
        metric.full_name
        for kind in kinds
        for metric in kind.metrics
        if not prometheus.range(metric.full_name, "", window(lab_data))
    ]
    assert absent == []


@each_board
def test_results_can_be_distinguished_and_shown(name: str, lab_data: RecordedLabData) -> None:
    for panel, target, answer in answers(name, lab_data):
        place = f"{panel['title']}: {target['expr']}"
        if target["format"] == "table":
            labels = [tuple(sorted(set(series.labels) - {"__name__"})) for series in answer]
            assert len(set(labels)) <= 1, f"rows of different labels: {place}"
            continue
        for series in answer:
            missing = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) - set(series.labels)
            # A link has no family where the kind has none; a service's verdict has no carrier.
            assert missing <= {"family", "carrier", "medium"}, place
        names = [series.name for series in answer]
        assert len(set(names)) == len(names), f"two series of one name: {place}"
        look = panel["fieldConfig"]["defaults"]
        for value in (value for series in answer for _, value in series.points):
            assert not math.isinf(value), place
            if look.get("unit") == "percentunit":
                assert math.isnan(value) or -1e-9 <= value <= 1 + 1e-9, place
            if look.get("mappings") and panel["type"] == "state-timeline":
                assert f"{value:g}" in look["mappings"][0]["options"], f"{value} in {place}"


@each_board
def test_a_table_has_the_labels_that_its_columns_and_links_need(
    name: str, lab_data: RecordedLabData
) -> None:
    for panel, target, answer in answers(name, lab_data):
        if panel["type"] != "table":
            continue
        (organised,) = [series for series in panel["transformations"] if series["id"] == "organize"]
        labels = {key for key in organised["options"]["indexByName"] if not key.startswith("Value")}
        for series in answer:
            missing = labels - set(series.labels)
            assert set(series.labels) - {"__name__"} == labels - missing, target["expr"]
            # One in the recording may be of no link or of no service.
            is_of_incidents = "incident" in labels
            assert missing <= ({"link", "target", "url"} if is_of_incidents else set()), target[
                "expr"
            ]


def test_choices_show_the_names_of_communes(lab_data: RecordedLabData) -> None:
    prometheus = Prometheus(lab_data.server.url)
    values, shown = choices(BOARDS["site"], prometheus, window(lab_data), {"commune": "00070"})
    assert shown["Commune"] == "Phường Hoàn Kiếm"
    assert values["site"] == "s1"


def marked(
    lab_data: RecordedLabData, name: str, mark_name: str, chosen: Mapping[str, str]
) -> list[float]:
    """Return the moments, as Unix time and 15 s apart, that a mark of a board stands for."""
    prometheus = Prometheus(lab_data.server.url)
    board = BOARDS[name]
    values, _ = choices(board, prometheus, window(lab_data), chosen)
    (mark,) = [series for series in board["annotations"]["list"] if series["name"] == mark_name]
    expr = fill_variables(mark["target"]["expr"], values)
    answer = prometheus.range(expr, "", window(lab_data), STEP_S)
    return sorted({at for series in answer for at, _ in series.points})


def assert_around(moments: list[float], lab_data: RecordedLabData, scene: PlayedScene) -> None:
    """Check that moments lie where a scene was, and fill most of it."""
    began_s, ended_s = lab_data.at_s(scene.began_ns), lab_data.at_s(scene.ended_ns)
    assert moments, scene
    assert began_s <= moments[0] <= began_s + NOTICED_S, scene
    inside = [at for at in moments if began_s <= at <= ended_s + CLEARED_S]
    assert inside == moments, scene
    assert len(inside) * STEP_S >= (ended_s - began_s) / 2, scene


def test_marks_stand_where_the_fibre_was_cut_and_the_portal_broken(
    lab_data: RecordedLabData,
) -> None:
    recording = lab_data.recording
    cut = marked(lab_data, "link", "Link down", expectation_of("link").chosen)
    assert_around(cut, lab_data, recording.scene("cut-fibre"))
    portal = marked(lab_data, "services", "Service down", {})
    assert_around(portal, lab_data, recording.scene("portal-error"))


def test_a_way_that_a_fault_cuts_short_is_not_called_another_way(lab_data: RecordedLabData) -> None:
    assert marked(lab_data, "link", "Route change", expectation_of("link").chosen) == []


def test_availability_counts_faults_of_carriers_and_not_those_of_sites(
    lab_data: RecordedLabData,
) -> None:
    values = {
        panel["title"]: {entry.name: entry.last for entry in series}
        for panel, _, series in answers("carriers", lab_data)
        if panel["type"] == "bargauge"
    }
    available, own_fault = values["Availability"], values["Down by the site's own fault"]
    length_s = lab_data.recording.length_s

    def lost(fault: str) -> float:
        scene = lab_data.recording.scene(fault)
        return (scene.ended_ns - scene.began_ns) / 1e9 / length_s

    # One fibre each. What a minute of sampling and the time to notice and to clear leave open.
    assert available["song-hong fiber"] == pytest.approx(1 - lost("cut-fibre"), abs=0.09)
    assert available["cuu-long fiber"] == pytest.approx(1 - lost("carrier-outage"), abs=0.09)
    assert available["tay-ho fiber"] == 1
    assert own_fault["cuu-long fiber"] == pytest.approx(lost("pull-cable"), abs=0.09)
    assert own_fault["song-hong fiber"] == 0


def test_signal_and_loss_of_the_link_that_faded_are_seen_together(
    lab_data: RecordedLabData,
) -> None:
    prometheus = Prometheus(lab_data.server.url)
    scene = lab_data.recording.scene("loss")
    faded = Window(start_s=lab_data.at_s(scene.began_ns) + 60, end_s=lab_data.at_s(scene.ended_ns))
    of_link = '{site="s4",link="mobile"}'
    signal = prometheus.range(f"thongsuot_radio_nr_rsrp_dbm{of_link}", "", faded)
    loss = prometheus.range(f"avg(thongsuot_icmp_loss_ratio{of_link})", "", faded)
    assert min(value for series in signal for _, value in series.points) == -118
    assert max(value for series in loss for _, value in series.points) > 0.05
