"""Trouble tickets: the contract, the published forms, the states, and what the carrier says."""

import asyncio
import base64
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from starlette.applications import Starlette

from tests.collector.incidents.city import CityFixture
from tests.collector.notify.carrier_fixture import (
    CALLBACK,
    TOKEN,
)
from tests.collector.notify.channel_contract import *  # noqa: F403 - the contract's tests
from tests.collector.notify.incident_events import (
    carrier_outage,
    city_inventory,
    configured_service,
    cut_fibre,
    message_of,
    restore_fibre,
    steady_city,
)
from tests.collector.notify.ticket_fixture import *  # noqa: F403 - its fixtures
from tests.collector.notify.ticket_fixture import TicketFixture
from tests.collector.running import WITHIN_S, eventually
from tests.loop_clock import LoopClock
from thongsuot_collector.incidents.notification_log import NotificationCause, NotificationKind
from thongsuot_collector.ingest.server import bind_listener, page_server
from thongsuot_collector.ingest.settings import Listen
from thongsuot_collector.notify.channels.tmf621.channel import Settings, TroubleTicketChannel
from thongsuot_collector.notify.dispatch.service import NotificationService
from thongsuot_collector.notify.http import callbacks
from thongsuot_collector.notify.http.callback_routes import callback_routes
from thongsuot_collector.notify.loader import load
from thongsuot_collector.notify.message import (
    ChannelOutcome,
)
from thongsuot_collector.notify.settings import NotifySettings


async def test_every_request_and_answer_is_as_published(fixture: TicketFixture) -> None:
    made = steady_city(city_inventory())
    opened = message_of(cut_fibre(made), made)
    reference = (await fixture.tell(opened)).reference
    updated = msgspec.structs.replace(opened, kind=NotificationKind.UPDATED, reference=reference)
    await fixture.tell(updated)
    await fixture.tell(message_of(restore_fibre(made), made, reference=reference))
    await fixture.tell(message_of(carrier_outage(made, "viettel"), made))
    assert fixture.carrier.check_exchanges() == 9
    assert [ticket["status"] for ticket in fixture.tickets()] == ["resolved", "acknowledged"]


async def test_a_ticket_names_the_circuit_the_customer_and_the_evidence(
    fixture: TicketFixture,
) -> None:
    made = steady_city(city_inventory())
    message = message_of(cut_fibre(made), made)
    answer = await fixture.tell(message)
    (ticket,) = fixture.tickets()
    assert answer.reference == ticket["id"]
    assert ticket["name"] == "Đường cáp quang VNPT mất kết nối – Điểm 0 (mã kênh FTTH-0000)"
    assert ticket["severity"] == "Major"
    (related,) = ticket["relatedEntity"]
    entity = related["entity"] if fixture.version == 5 else related
    assert entity["id"] == "FTTH-0000"
    assert entity["name"] == "Điểm 0"
    (party,) = ticket["relatedParty"]
    named = party["partyOrPartyRole"] if fixture.version == 5 else party
    assert (party["role"], named["id"]) == ("customer", "UBND-HN")
    (attachment,) = ticket["attachment"]
    assert base64.b64decode(attachment["content"]) == message.attachment
    if fixture.version == 5:
        facts = {
            characteristic["name"]: characteristic["value"]
            for characteristic in ticket["troubleTicketCharacteristic"]
        }
        assert facts["symptom"] == "access_silent"
        assert facts["clockErrorSeconds"] == 0.01
        assert ticket["externalIdentifier"][0]["id"] == message.thread_id
    else:
        assert ticket["externalId"] == message.thread_id


async def test_a_ticket_whose_answer_was_lost_is_found_and_not_made_again(
    fixture: TicketFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = steady_city(city_inventory())
    message = message_of(cut_fibre(made), made)
    clock, channel = LoopClock(monkeypatch), fixture.channel()
    fixture.behave("hang")
    sending = asyncio.create_task(channel.send(message))
    await eventually(fixture.tickets)
    clock.put_forward(WITHIN_S)
    answer = await sending
    await channel.close()
    assert answer.outcome is ChannelOutcome.UNKNOWN
    fixture.behave("well")
    again = await fixture.tell(message)
    assert again.outcome is ChannelOutcome.DELIVERED
    assert [ticket["id"] for ticket in fixture.tickets()] == [again.reference]


@pytest.mark.parametrize(
    ("states", "cause", "expected"),
    [
        ([], NotificationCause.ENDED, "resolved"),
        (["inProgress"], NotificationCause.ENDED, "resolved"),
        (["inProgress", "pending"], NotificationCause.ENDED, "resolved"),
        (["inProgress", "held"], NotificationCause.ENDED, "resolved"),
        (["inProgress", "resolved"], NotificationCause.ENDED, "resolved"),
        (["inProgress", "resolved", "closed"], NotificationCause.ENDED, "closed"),
        (["rejected"], NotificationCause.ENDED, "rejected"),
        ([], NotificationCause.WITHDRAWN, "cancelled"),
        (["inProgress"], NotificationCause.REASSIGNED, "cancelled"),
        (["inProgress", "pending"], NotificationCause.ABSORBED, "cancelled"),
        (["inProgress", "resolved"], NotificationCause.WITHDRAWN, "resolved"),
    ],
)
async def test_an_end_takes_only_steps_that_are_allowed(
    fixture: TicketFixture, states: list[str], cause: NotificationCause, expected: str
) -> None:
    made = steady_city(city_inventory())
    reference = (await fixture.tell(message_of(cut_fibre(made), made))).reference
    for state in states:
        fixture.desk.update_as_operator(
            reference, status=state, note=f"nay {state}", version=fixture.version
        )
    end = message_of(restore_fibre(made), made, reference=reference)
    end = msgspec.structs.replace(end, record=msgspec.structs.replace(end.record, cause=cause))
    assert (await fixture.tell(end)).outcome is ChannelOutcome.DELIVERED
    (ticket,) = fixture.tickets()
    assert ticket["status"] == expected
    notes = [note["text"] for note in ticket["note"]]
    assert [line for line in notes if line.startswith("nay ")] == [f"nay {name}" for name in states]


async def test_a_fault_that_continues_is_not_believed_resolved(fixture: TicketFixture) -> None:
    made = steady_city(city_inventory())
    opened = message_of(cut_fibre(made), made)
    reference = (await fixture.tell(opened)).reference
    for state in ("inProgress", "resolved"):
        fixture.desk.update_as_operator(reference, status=state, version=fixture.version)
    updated = msgspec.structs.replace(opened, kind=NotificationKind.UPDATED, reference=reference)
    await fixture.tell(updated)
    assert [ticket["status"] for ticket in fixture.tickets()] == ["inProgress"]
    for state in ("resolved", "closed"):
        fixture.desk.update_as_operator(reference, status=state, version=fixture.version)
    answer = await fixture.tell(updated)
    assert [ticket["status"] for ticket in fixture.tickets()] == ["closed", "acknowledged"]
    follower = fixture.tickets()[1]
    assert answer.reference == follower["id"]
    assert follower["troubleTicketRelationship"][0]["id"] == reference


async def test_a_ticket_that_the_carrier_rejects_is_not_made_again(fixture: TicketFixture) -> None:
    made = steady_city(city_inventory())
    opened = message_of(cut_fibre(made), made)
    reference = (await fixture.tell(opened)).reference
    fixture.desk.update_as_operator(
        reference, status="rejected", note="Không phải của chúng tôi", version=fixture.version
    )
    answer = await fixture.tell(
        msgspec.structs.replace(opened, kind=NotificationKind.UPDATED, reference=reference)
    )
    assert answer.outcome is ChannelOutcome.REJECTED
    assert answer.text == f"{reference} is rejected by the carrier; no other ticket is made"
    assert len(fixture.tickets()) == 1


async def test_a_carrier_that_lets_nobody_set_states_is_informed_by_notes(
    fixture: TicketFixture,
) -> None:
    made = steady_city(city_inventory())
    channel = TroubleTicketChannel(fixture.with_settings(sets_status=False))
    reference = (await channel.send(message_of(cut_fibre(made), made))).reference
    answer = await channel.send(message_of(restore_fibre(made), made, reference=reference))
    await channel.close()
    assert answer.outcome is ChannelOutcome.DELIVERED
    (ticket,) = fixture.tickets()
    assert ticket["status"] == "acknowledged"
    assert ticket["note"][-1]["text"].startswith("[Đã khắc phục]")


async def test_a_ticket_unknown_to_the_carrier_is_created_again(fixture: TicketFixture) -> None:
    made = steady_city(city_inventory())
    opened = message_of(cut_fibre(made), made)
    lost = msgspec.structs.replace(opened, kind=NotificationKind.UPDATED, reference="TT-77")
    assert (await fixture.tell(lost)).reference == fixture.tickets()[0]["id"]
    end = message_of(restore_fibre(made), made, reference="TT-78")
    other = msgspec.structs.replace(end, thread_id="another")
    assert (await fixture.tell(other)).text == "there is no ticket to bring to an end"


@asynccontextmanager
async def service_with_callbacks(
    made: CityFixture, path: Path, channel: Settings, listener: socket.socket
) -> AsyncIterator[NotificationService]:
    """Run all of notifying with tickets, and a server for the callbacks."""
    settings = NotifySettings(channels=("main",), retry_s=0.02)
    async with configured_service(made, path, [(load("tmf621"), channel)], settings) as fixture:
        app = Starlette(routes=callback_routes(fixture.channels, fixture.poll_now))
        server = page_server(app, ())
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        await eventually(lambda: server.started)
        try:
            yield fixture
        finally:
            server.end()
            await serving


async def test_the_carriers_actions_come_back_into_the_incident(
    fixture: TicketFixture, tmp_path: Path
) -> None:
    made = steady_city(city_inventory())
    settings = fixture.with_settings(
        poll_s=0.1,
        callback_url="",
        callback_token_file="",
        bearer_file=fixture.settings.bearer_file,
    )
    async with service_with_callbacks(made, tmp_path, settings, listener()) as running:
        event = cut_fibre(made)
        running.enqueue((event,))

        def incident() -> Any:  # noqa: ANN401 - an Incident, or what it holds
            return made.registry.incidents[event.incident.id]

        await eventually(lambda: incident().acknowledgement is not None)
        assert incident().acknowledgement.owner == "carrier:vnpt"
        (ticket,) = fixture.tickets()
        assert incident().acknowledgement.note == ticket["id"]
        assert "ticket acknowledged" in [entry.event for entry in incident().history]
        fixture.desk.update_as_operator(ticket["id"], status="inProgress", version=fixture.version)
        fixture.desk.update_as_operator(
            ticket["id"], note="Đứt cáp tại hố ga số 7, dự kiến 2 giờ", version=fixture.version
        )
        await eventually(lambda: "hố ga số 7" in repr(incident().history))
        (notification,) = running.site_notifications("s0")
        assert (notification.channel, notification.reference) == ("tmf621", ticket["id"])
        (pushed,) = running.notified_parties("s0")
        assert (pushed.party, pushed.link, pushed.reference) == ("carrier", "fiber", ticket["id"])


async def test_a_callback_causes_a_poll_at_once(
    fixture: TicketFixture, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callbacks, "_UNSUBSCRIBE_TIMEOUT_S", WITHIN_S)
    made = steady_city(city_inventory())
    own = listener()
    url = url_of(own)
    settings = fixture.with_settings(poll_s=3_600.0, **fixture.carrier.callback(url))
    async with service_with_callbacks(made, tmp_path, settings, own) as running:
        await eventually(lambda: fixture.desk.operator_call("GET", f"hubs/{fixture.version}"))
        event = cut_fibre(made)
        running.enqueue((event,))
        # A ticket is polled once the collector has its number.
        await eventually(lambda: running.notified_parties("s0"))
        (subscription,) = fixture.desk.operator_call("GET", f"hubs/{fixture.version}")
        assert subscription["callback"].startswith(f"{url}/v1/callbacks/main/")
        assert CALLBACK not in subscription["callback"]
        (ticket,) = fixture.tickets()
        fixture.desk.update_as_operator(ticket["id"], status="inProgress", version=fixture.version)
        incidents = made.registry.incidents
        await eventually(lambda: "ticket inProgress" in repr(incidents[event.incident.id]))
        fixture.carrier.check_exchanges()
    assert fixture.desk.operator_call("GET", f"hubs/{fixture.version}") == []


async def test_a_callback_without_the_token_is_refused(
    fixture: TicketFixture, tmp_path: Path
) -> None:
    import httpx

    made = steady_city(city_inventory())
    settings = fixture.with_settings(poll_s=3_600.0)
    own = listener()
    url = url_of(own)
    async with (
        service_with_callbacks(made, tmp_path, settings, own),
        httpx.AsyncClient(timeout=WITHIN_S) as client,
    ):
        for path in ("main/wrong", "main/", "other/wrong", f"main/{TOKEN}", "main/wrong/x"):
            answer = await client.post(f"{url}/v1/callbacks/{path}", json={})
            assert answer.status_code in {404, 405}, path


def listener() -> socket.socket:
    return bind_listener(Listen(address="127.0.0.1:0"))


def url_of(sock: socket.socket) -> str:
    return f"http://127.0.0.1:{sock.getsockname()[1]}"
