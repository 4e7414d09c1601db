"""The link to Grafana: the board is there, and its variables and its time are the incident's."""

import json
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import msgspec

from tests.collector.notify.incident_events import city_inventory, cut_fibre, steady_city
from thongsuot_collector.web.incident.board import LINK_BOARD, SITE_BOARD, board_url

BOARDS = Path(__file__).parents[4] / "dashboards" / "out" / "vi"


def test_a_line_leads_to_the_board_of_its_link_around_the_incident() -> None:
    incident = cut_fibre(steady_city(city_inventory())).incident
    (member,) = incident.members
    url = urlsplit(board_url("https://grafana.example/", incident))
    assert (url.netloc, url.path) == ("grafana.example", f"/d/{LINK_BOARD}")
    query = {name: value for name, (value,) in parse_qs(url.query).items()}
    assert (query["var-site"], query["var-link"]) == (member.subject.site, member.subject.link)
    assert int(query["from"]) * 10**6 < incident.opened_ns
    assert query["to"] == "now"
    over = msgspec.structs.replace(incident, closed_ns=incident.opened_ns + 60 * 10**9)
    closed = parse_qs(urlsplit(board_url("https://grafana.example", over)).query)
    assert int(closed["to"][0]) * 10**6 > incident.opened_ns + 60 * 10**9
    assert board_url("", incident) == ""


def test_both_boards_are_among_ours_with_these_variables() -> None:
    known = {
        board["uid"]: {variable["name"] for variable in board["templating"]["list"]}
        for board in (json.loads(file.read_text("utf-8")) for file in BOARDS.glob("*.json"))
    }
    assert {"site", "link"} <= known[LINK_BOARD]
    assert "site" in known[SITE_BOARD]
