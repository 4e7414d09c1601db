"""The carrier's desk: strict about states and forms, and true to the published files."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import tmf
from tests.collector.running import WITHIN_S
from tests.lab.waiting import wait_for
from tests.lab_room.carrier_desk.desk_process import CarrierDeskProcess
from tests.plain_http import NO_AUTHORITIES
from thongsuot_lab.carrier_desk.tickets import TRANSITIONS

TICKET_5 = {
    "@type": "TroubleTicket",
    "description": "no light",
    "severity": "Critical",
    "ticketType": "incident",
    "externalIdentifier": [{"@type": "ExternalIdentifier", "id": "i-1", "owner": "us"}],
    "note": [{"@type": "Note", "author": "us", "text": "hello"}],
}
TICKET_4 = {
    "description": "no light",
    "severity": "Critical",
    "ticketType": "incident",
    "externalId": "i-1",
}
ALARM = {
    "alarmType": "communicationsAlarm",
    "perceivedSeverity": "critical",
    "probableCause": "lossOfSignal",
    "alarmedObject": {"id": "FTTH-1"},
    "sourceSystemId": "thongsuot",
    "state": "raised",
    "alarmRaisedTime": "2026-11-24T02:00:00.000Z",
    "externalAlarmId": "i-1",
}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[CarrierDeskProcess]:
    process = CarrierDeskProcess(tmp_path / "desk").start()
    yield process
    process.stop()


def ask(desk: CarrierDeskProcess, method: str, path: str, body: object = None) -> httpx.Response:
    return httpx.request(
        method,
        f"{desk.url}/tmf-api{path}",
        json=body,
        timeout=WITHIN_S,
        trust_env=False,
        verify=NO_AUTHORITIES,
    )


@pytest.mark.parametrize(
    ("base", "ticket"), [("/troubleTicket/v5", TICKET_5), ("/troubleTicket/v4", TICKET_4)]
)
def test_requests_and_answers_are_as_published(
    desk: CarrierDeskProcess, base: str, ticket: dict[str, object]
) -> None:
    tmf.need()
    made = ask(desk, "POST", f"{base}/troubleTicket", ticket).json()
    assert made["status"] == "acknowledged"
    path = f"{base}/troubleTicket/{made['id']}"
    typed = {"@type": "TroubleTicket"} if base.endswith("5") else {}
    assert ask(desk, "PATCH", path, {"status": "inProgress"} | typed).status_code == 200
    assert ask(desk, "PATCH", path, {"status": "closed"} | typed).status_code == 409
    assert ask(desk, "GET", path).json()["status"] == "inProgress"
    assert ask(desk, "GET", f"{base}/troubleTicket/TT-99").status_code == 404
    assert len(ask(desk, "GET", f"{base}/troubleTicket").json()) == 1
    hub = {"callback": "http://127.0.0.1:9/"} | ({"@type": "Hub"} if typed else {})
    kept = ask(desk, "POST", f"{base}/hub", hub).json()
    assert ask(desk, "DELETE", f"{base}/hub/{kept['id']}").status_code == 204
    exchanges = desk.exchanges()
    assert len(exchanges) == 8
    for exchange in exchanges:
        tmf.check_exchange(exchange)


def test_alarms_are_as_published_and_end_cleared(desk: CarrierDeskProcess) -> None:
    tmf.need()
    made = ask(desk, "POST", "/alarm/v4/alarm", ALARM).json()
    assert isinstance(made["id"], int)
    path = f"/alarm/v4/alarm/{made['id']}"
    assert ask(desk, "PATCH", path, {"perceivedSeverity": "cleared"}).status_code == 200
    assert ask(desk, "PATCH", path, {"perceivedSeverity": "minor"}).status_code == 409
    alarms = ask(desk, "GET", "/alarm/v4/alarm?externalAlarmId=i-1").json()
    assert [alarm["id"] for alarm in alarms] == [made["id"]]
    for exchange in desk.exchanges():
        tmf.check_exchange(exchange)


def test_a_ticket_begins_acknowledged_and_takes_no_forbidden_step(desk: CarrierDeskProcess) -> None:
    for status, allowed in TRANSITIONS.items():
        for wanted in TRANSITIONS:
            name = _ticket_in(desk, status)
            path = f"/troubleTicket/v5/troubleTicket/{name}"
            answer = ask(desk, "PATCH", path, {"@type": "TroubleTicket", "status": wanted})
            is_same = wanted == status and bool(allowed)
            expected = 200 if wanted in allowed or is_same else 409
            assert answer.status_code == expected, (status, wanted)


def _ticket_in(desk: CarrierDeskProcess, status: str) -> str:
    """Make a ticket and bring it into a state, by allowed steps."""
    ways = {
        "acknowledged": [],
        "inProgress": ["inProgress"],
        "pending": ["inProgress", "pending"],
        "held": ["inProgress", "held"],
        "resolved": ["inProgress", "resolved"],
        "closed": ["inProgress", "resolved", "closed"],
        "rejected": ["rejected"],
        "cancelled": ["cancelled"],
    }
    name: str = ask(desk, "POST", "/troubleTicket/v5/troubleTicket", TICKET_5).json()["id"]
    for step in ways[status]:
        desk.update_as_operator(name, status=step)
    return name


def test_a_list_in_a_patch_replaces_the_list_that_was_there(desk: CarrierDeskProcess) -> None:
    name = _ticket_in(desk, "acknowledged")
    patch = {"@type": "TroubleTicket", "note": [{"@type": "Note", "text": "mine alone"}]}
    patched = ask(desk, "PATCH", f"/troubleTicket/v5/troubleTicket/{name}", patch).json()
    assert [note["text"] for note in patched["note"]] == ["mine alone"]
    assert patched["severity"] == "Critical"


@pytest.mark.parametrize("missing", ["description", "severity", "ticketType", "@type"])
def test_a_ticket_without_what_it_needs_is_refused(desk: CarrierDeskProcess, missing: str) -> None:
    ticket = {key: value for key, value in TICKET_5.items() if key != missing}
    answer = ask(desk, "POST", "/troubleTicket/v5/troubleTicket", ticket)
    assert answer.status_code == 400
    assert missing in answer.json()["reason"]


def test_a_ticket_is_found_by_the_customers_own_name_for_it(desk: CarrierDeskProcess) -> None:
    name = _ticket_in(desk, "acknowledged")
    path = "/troubleTicket/v5/troubleTicket?externalIdentifier.id="
    assert [ticket["id"] for ticket in ask(desk, "GET", f"{path}i-1").json()] == [name]
    assert ask(desk, "GET", f"{path}i-2").json() == []


def test_everything_is_there_again_after_a_restart(tmp_path: Path) -> None:
    desk = CarrierDeskProcess(tmp_path / "desk").start()
    name = _ticket_in(desk, "inProgress")
    ask(desk, "POST", "/troubleTicket/v5/hub", {"@type": "Hub", "callback": "http://127.0.0.1:9"})
    desk.stop()
    desk.start()
    assert [ticket["id"] for ticket in desk.tickets()] == [name]
    assert len(desk.operator_call("GET", "hubs/5")) == 1
    assert _ticket_in(desk, "acknowledged") != name
    desk.stop()


@pytest.mark.parametrize(
    ("failure_mode", "outcome"),
    [("503", 503), ("echo", 400), ("drop", httpx.RemoteProtocolError), ("hang", httpx.ReadTimeout)],
)
def test_the_desk_fails_on_request_and_a_ticket_exists_where_only_the_answer_was_lost(
    desk: CarrierDeskProcess, failure_mode: str, outcome: int | type[Exception]
) -> None:
    desk.set_failure_mode(failure_mode)
    url = f"{desk.url}/tmf-api/troubleTicket/v5/troubleTicket"
    patience = httpx.Timeout(WITHIN_S, read=1 if failure_mode == "hang" else WITHIN_S)
    with httpx.Client(timeout=patience, trust_env=False) as client:
        if isinstance(outcome, int):
            assert client.post(url, json=TICKET_5).status_code == outcome
        else:
            with pytest.raises(outcome):
                client.post(url, json=TICKET_5)
    if failure_mode == "hang":
        # A slow desk makes it after the customer has given up.
        wait_for("the ticket", desk.tickets)
    desk.set_failure_mode("well")
    assert len(ask(desk, "GET", "/troubleTicket/v5/troubleTicket").json()) == (
        failure_mode == "hang"
    )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/troubleTicket/v5/nothing", 404),
        ("DELETE", "/troubleTicket/v5/troubleTicket", 405),
        ("GET", "/troubleTicket/v5/troubleTicket?limit=many", 400),
    ],
)
def test_unsupported_requests_are_answered_with_the_error_document_of_the_api(
    desk: CarrierDeskProcess, method: str, path: str, status: int
) -> None:
    answer = ask(desk, method, path)
    assert answer.status_code == status
    assert (answer.json()["code"], answer.json()["@type"]) == (str(status), "Error")
    assert [exchange["status"] for exchange in desk.exchanges()] == [status]


def test_strangers_are_turned_away(tmp_path: Path) -> None:
    desk = CarrierDeskProcess(tmp_path / "desk", token="sesame").start()
    assert ask(desk, "GET", "/troubleTicket/v5/troubleTicket").status_code == 401
    known = httpx.get(
        f"{desk.url}/tmf-api/troubleTicket/v5/troubleTicket",
        headers={"Authorization": "Bearer sesame"},
        trust_env=False,
        timeout=WITHIN_S,
    )
    assert known.status_code == 200
    desk.stop()


def test_a_clerk_begins_by_herself_and_leaves_alone_what_was_taken_back(tmp_path: Path) -> None:
    desk = CarrierDeskProcess(tmp_path / "desk", clerk_s=0.05).start()
    name = ask(desk, "POST", "/troubleTicket/v5/troubleTicket", TICKET_5).json()["id"]
    wait_for("the clerk", lambda: _ticket(desk, name)["status"] != "acknowledged")
    assert _ticket(desk, name)["status"] == "inProgress"
    assert _ticket(desk, name)["note"][-1]["text"] == "Đã tiếp nhận, đang kiểm tra."
    desk.stop()


def _ticket(desk: CarrierDeskProcess, name: str) -> dict[str, Any]:
    return next(ticket for ticket in desk.tickets() if ticket["id"] == name)
