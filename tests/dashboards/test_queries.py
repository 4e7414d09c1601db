"""Every query of every board, asked of a Prometheus that holds a town, finds what is needed."""

import json
import math
import re
from collections.abc import Iterator
from typing import Any

import pytest

from tests.dashboards.conftest import Town
from thongsuot_dashboards import own
from thongsuot_dashboards.boards import load
from thongsuot_dashboards.picture.ask import Prometheus, Series, Window, asked, choices, filled
from thongsuot_dashboards.text import Language

pytestmark = pytest.mark.servers

Json = dict[str, Any]

CHOSEN = {
    "link": {"commune": "00004", "site": "ba-dinh", "link": "fiber"},
    "site": {"commune": "00004", "site": "ba-dinh"},
    "radio": {"site": "cua-nam"},
}
"""A link that was down; other boards show everything."""

NOTHING_TO_SHOW = {
    "Telling: by channel and outcome": "the town has no channels",
    "Technology now": "no modem is in an older network",
    "Signal (RSRP)": "the link that is shown is a fibre",
    "Mobile technology": "the link that is shown is a fibre",
    "Samples not delivered": "every sample was delivered",
    "Lost or set aside": "no batch was set aside",
    "Restarts of tasks": "no task failed",
    "Certificate (days)": "the collector of the test speaks without TLS",
    "Path change": "only where the way changed",
}
"""Panels that may be empty, because the town has nothing of what they show."""

BOARDS: dict[str, Json] = {
    name: json.loads(board.to_json(Language.EN)) for name, board in load().items()
}
each_board = pytest.mark.parametrize("name", BOARDS)


def window(town: Town) -> Window:
    return Window(start_s=town.start_s, end_s=town.end_s)


def window_of(panel: Json, town: Town) -> Window:
    """Return what is asked about: of the collector itself there are the seconds it ran."""
    is_own = any(own.PREFIX in target["expr"] for target in panel["targets"])
    return Window(start_s=town.end_s - 120, end_s=town.end_s) if is_own else window(town)


def answers(name: str, town: Town) -> Iterator[tuple[Json, Json, list[Series]]]:
    """Yield panel, target and what is found, of each query of a board."""
    prometheus = Prometheus(town.server.url)
    board = BOARDS[name]
    values, _ = choices(board, prometheus, window(town), CHOSEN.get(name, {}))
    for panel in board["panels"]:
        found = asked(panel, prometheus, window_of(panel, town), values)
        yield from zip([panel] * len(found), panel["targets"], found, strict=True)


@each_board
def test_every_query_finds_something(name: str, filled_town: Town) -> None:
    empty = [
        f"{panel['title']}: {target['expr']}"
        for panel, target, found in answers(name, filled_town)
        if not found and panel["title"] not in NOTHING_TO_SHOW
    ]
    assert empty == []


@each_board
def test_what_is_found_can_be_told_apart_and_shown(name: str, filled_town: Town) -> None:
    for panel, target, found in answers(name, filled_town):
        place = f"{panel['title']}: {target['expr']}"
        if target["format"] == "table":
            labels = [tuple(sorted(set(one.labels) - {"__name__"})) for one in found]
            assert len(set(labels)) <= 1, f"rows of different labels: {place}"
            continue
        for one in found:
            missing = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"])) - set(one.labels)
            # A link has no family where the kind has none; a service's verdict has no carrier.
            assert missing <= {"family", "carrier", "medium"}, place
        names = [one.name for one in found]
        assert len(set(names)) == len(names), f"two series of one name: {place}"
        look = panel["fieldConfig"]["defaults"]
        for value in (value for one in found for _, value in one.points):
            assert not math.isinf(value), place
            if look.get("unit") == "percentunit":
                assert math.isnan(value) or -1e-9 <= value <= 1 + 1e-9, place
            if look.get("mappings") and panel["type"] == "state-timeline":
                assert f"{value:g}" in look["mappings"][0]["options"], f"{value} in {place}"


@each_board
def test_a_table_has_the_labels_that_its_columns_and_links_need(
    name: str, filled_town: Town
) -> None:
    for panel, target, found in answers(name, filled_town):
        if panel["type"] != "table":
            continue
        (organised,) = [one for one in panel["transformations"] if one["id"] == "organize"]
        labels = {key for key in organised["options"]["indexByName"] if not key.startswith("Value")}
        for one in found:
            assert set(one.labels) - {"__name__"} == labels, target["expr"]


def test_choices_are_shown_by_the_names_of_communes(filled_town: Town) -> None:
    prometheus = Prometheus(filled_town.server.url)
    values, shown = choices(BOARDS["site"], prometheus, window(filled_town), {"commune": "00004"})
    assert shown["Commune"] == "Phường Ba Đình"
    assert values["site"] == "ba-dinh"


def test_marks_show_the_outage_the_dead_portal_and_the_other_way(filled_town: Town) -> None:
    prometheus = Prometheus(filled_town.server.url)
    lengths: dict[str, float] = {}
    for name in ("link", "services"):
        board = BOARDS[name]
        values, _ = choices(board, prometheus, window(filled_town), CHOSEN.get(name, {}))
        for mark in board["annotations"]["list"]:
            expr = filled(mark["target"]["expr"], values)
            found = prometheus.range(expr, "", window(filled_town), 60)
            lengths[mark["name"]] = max((len(one.points) for one in found), default=0)
    # Minutes: two outages of 35 and 8, the portal's 20, and each change is seen for two.
    assert 40 <= lengths["Link down"] <= 46
    assert 19 <= lengths["Service down"] <= 22
    assert 1 <= lengths["Path change"] <= 6


def test_availability_and_time_to_restore_are_those_of_the_town(filled_town: Town) -> None:
    found = {
        panel["title"]: {target["refId"]: series for _, target, series in [(panel, target, series)]}
        for panel, target, series in answers("carriers", filled_town)
        if panel["type"] == "bargauge"
    }
    by_name = {one.name: one.last for one in found["Availability"]["A"]}
    # Of three hours: VNPT's four fibres lost 35 + 8 + 32 minutes by its own fault.
    assert by_name["vnpt fiber"] == pytest.approx(1 - (35 + 8 + 32) / (4 * 180), abs=0.004)
    # FPT's fault was the site's own, and its silent device counts for nobody.
    assert by_name["fpt fiber"] == 1
    own_fault = {one.name: one.last for one in found["Down by the site's own fault"]["A"]}
    assert own_fault["fpt fiber"] == pytest.approx(30 / (4 * 180), abs=0.01)
    restore = next(
        series
        for panel, target, series in answers("carriers", filled_town)
        if panel["title"] == "The carriers compared"
        and "offset 60s" in target["expr"]
        and "* 60 / sum" in target["expr"]
    )
    minutes = {one.labels["carrier"]: one.last / 60 for one in restore}
    assert minutes["vnpt"] == pytest.approx((35 + 8 + 32) / 3, abs=1.5)
