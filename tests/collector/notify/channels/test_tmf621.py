"""Trouble tickets: the contract, the published forms, the states, and what the carrier says."""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
import uvicorn
from starlette.applications import Starlette

from tests.collector.incidents.city import CityFixture
from tests.collector.notify.carrier_fixture import (
    CALLBACK,
    FAILURE_OUTCOMES,
    SECRETS,
    TOKEN,
    CarrierFixture,
)
from tests.collector.notify.channel_contract import *  # noqa: F403 - the contract's tests
from tests.collector.notify.incident_events import (
    carrier_outage,
    city_inventory,
    cut_fibre,
    message_of,
    restore_fibre,
    running_service,
    steady_city,
)
from tests.collector.running import eventually
from thongsuot_collector.incidents.notification_log import NotificationCause, NotificationKind
from thongsuot_collector.notify.channels.tmf621.channel import Settings, TroubleTicketChannel, check
from thongsuot_collector.notify.dispatch.service import NotificationService
from thongsuot_collector.notify.http.callbacks import callback_routes
from thongsuot_collector.notify.loader import load
from thongsuot_collector.notify.message import (
    ChannelOutcome,
    ChannelResult,
    NotificationMessage,
)
from thongsuot_collector.notify.settings import NotifySettings


class TicketFixture:
    failure_outcomes = FAILURE_OUTCOMES
    echo = "echo"
    secrets = SECRETS
    deduplicates = True

    def __init__(self, carrier: CarrierFixture, version: int) -> None:
        self.carrier = carrier
        self.desk = carrier.desk
        self.version = version
        self.start = carrier.start
        self.stop = carrier.stop
        self.behave = carrier.behave
        self.settings = self.with_settings()

    def with_settings(self, **more: object) -> Settings:
        """Return the channel's settings, some of them otherwise."""
        every = {
            "kind": "tmf621",
            "version": self.version,
            "customer": "UBND-HN",
            **self.carrier.credentials(),
            **self.carrier.callback("http://127.0.0.1:9"),
            **more,
        }
        return msgspec.convert(every, Settings)

    def channel(self) -> TroubleTicketChannel:
        check(self.settings)
        return TroubleTicketChannel(self.settings)

    def received_kinds(self) -> list[str]:
        found = []
        for ticket in self.tickets():
            found.append("opened")
            if ticket["status"] in {"resolved", "cancelled"}:
                found.append("resolved")
        return found

    def tickets(self) -> list[dict[str, Any]]:
        return self.desk.tickets(self.version)

    async def tell(self, message: NotificationMessage) -> ChannelResult:
        channel = self.channel()
        try:
            return await channel.send(message)
        finally:
            await channel.close()


@pytest.fixture(scope="module")
def carrier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CarrierFixture]:
    found = CarrierFixture(tmp_path_factory.mktemp("carrier"))
    yield found
    found.stop()


@pytest.fixture(params=[5, 4])
def stand(carrier: CarrierFixture, request: pytest.FixtureRequest) -> TicketFixture:
    carrier.clear()
    return TicketFixture(carrier, request.param)


async def test_every_request_and_answer_is_as_published(stand: TicketFixture) -> None:
    made = steady_city(city_inventory())
    opened = message_of(cut_fibre(made), made)
    reference = (await stand.tell(opened)).reference
    updated = msgspec.structs.replace(opened, kind=NotificationKind.UPDATED, reference=reference)
    await stand.tell(updated)
    await stand.tell(message_of(restore_fibre(made), made, reference=reference))
    await stand.tell(message_of(carrier_outage(made, "viettel"), made))
    assert stand.carrier.check_exchanges() == 9
    assert [one["status"] for one in stand.tickets()] == ["resolved", "acknowledged"]


async def test_a_ticket_names_the_circuit_the_customer_and_the_evidence(
    stand: TicketFixture,
) -> None:
    made = steady_city(city_inventory())
    message = message_of(cut_fibre(made), made)
    answer = await stand.tell(message)
    (ticket,) = stand.tickets()
    assert answer.reference == ticket["id"]
    assert ticket["name"] == "Đường cáp quang VNPT mất kết nối – Điểm 0 (mã kênh FTTH-0000)"
    assert ticket["severity"] == "Major"
    (related,) = ticket["relatedEntity"]
    entity = related["entity"] if stand.version == 5 else related
    assert entity["id"] == "FTTH-0000"
    assert entity["name"] == "Điểm 0"
    (party,) = ticket["relatedParty"]
    named = party["partyOrPartyRole"] if stand.version == 5 else party
    assert (party["role"], named["id"]) == ("customer", "UBND-HN")
    (attachment,) = ticket["attachment"]
    assert base64.b64decode(attachment["content"]) == message.attachment
    if stand.version == 5:
        facts = {one["name"]: one["value"] for one in ticket["troubleTicketCharacteristic"]}
        assert facts["symptom"] == "access_silent"
        assert facts["clockErrorSeconds"] == 0.01
        assert ticket["externalIdentifier"][0]["id"] == message.thread_id
    else:
        assert ticket["externalId"] == message.thread_id


async def test_a_ticket_whose_answer_was_lost_is_found_and_not_made_again(
    stand: TicketFixture,
) -> None:
    made = steady_city(city_inventory())
    message = message_of(cut_fibre(made), made)
    channel = TroubleTicketChannel(stand.with_settings(timeout_s=0.5))
    stand.behave("hang")
    answer = await channel.send(message)
    await channel.close()
    assert answer.outcome is ChannelOutcome.UNKNOWN
    stand.behave("well")
    again = await stand.tell(message)
    assert again.outcome is ChannelOutcome.DELIVERED
    assert [one["id"] for one in stand.tickets()] == [again.reference]


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
    stand: TicketFixture, states: list[str], cause: NotificationCause, expected: str
) -> None:
    made = steady_city(city_inventory())
    reference = (await stand.tell(message_of(cut_fibre(made), made))).reference
    for state in states:
        stand.desk.update_as_operator(
            reference, status=state, note=f"nay {state}", version=stand.version
        )
    end = message_of(restore_fibre(made), made, reference=reference)
    end = msgspec.structs.replace(end, record=msgspec.structs.replace(end.record, cause=cause))
    assert (await stand.tell(end)).outcome is ChannelOutcome.DELIVERED
    (ticket,) = stand.tickets()
    assert ticket["status"] == expected
    said = [one["text"] for one in ticket["note"]]
    assert [one for one in said if one.startswith("nay ")] == [f"nay {one}" for one in states]


async def test_a_fault_that_goes_on_is_not_believed_resolved(stand: TicketFixture) -> None:
    made = steady_city(city_inventory())
    opened = message_of(cut_fibre(made), made)
    reference = (await stand.tell(opened)).reference
    for state in ("inProgress", "resolved"):
        stand.desk.update_as_operator(reference, status=state, version=stand.version)
    updated = msgspec.structs.replace(opened, kind=NotificationKind.UPDATED, reference=reference)
    await stand.tell(updated)
    assert [one["status"] for one in stand.tickets()] == ["inProgress"]
    for state in ("resolved", "closed"):
        stand.desk.update_as_operator(reference, status=state, version=stand.version)
    answer = await stand.tell(updated)
    assert [one["status"] for one in stand.tickets()] == ["closed", "acknowledged"]
    follower = stand.tickets()[1]
    assert answer.reference == follower["id"]
    assert follower["troubleTicketRelationship"][0]["id"] == reference


async def test_a_ticket_that_the_carrier_rejects_is_not_made_again(stand: TicketFixture) -> None:
    made = steady_city(city_inventory())
    opened = message_of(cut_fibre(made), made)
    reference = (await stand.tell(opened)).reference
    stand.desk.update_as_operator(
        reference, status="rejected", note="Không phải của chúng tôi", version=stand.version
    )
    answer = await stand.tell(
        msgspec.structs.replace(opened, kind=NotificationKind.UPDATED, reference=reference)
    )
    assert answer.outcome is ChannelOutcome.DELIVERED
    assert answer.text == f"{reference} was rejected; it is not made again"
    assert len(stand.tickets()) == 1


async def test_a_carrier_that_lets_nobody_set_states_is_told_in_notes(stand: TicketFixture) -> None:
    made = steady_city(city_inventory())
    channel = TroubleTicketChannel(stand.with_settings(sets_status=False))
    reference = (await channel.send(message_of(cut_fibre(made), made))).reference
    answer = await channel.send(message_of(restore_fibre(made), made, reference=reference))
    await channel.close()
    assert answer.outcome is ChannelOutcome.DELIVERED
    (ticket,) = stand.tickets()
    assert ticket["status"] == "acknowledged"
    assert ticket["note"][-1]["text"].startswith("[Đã khắc phục]")


async def test_a_ticket_that_the_carrier_has_lost_is_made_again(stand: TicketFixture) -> None:
    made = steady_city(city_inventory())
    opened = message_of(cut_fibre(made), made)
    lost = msgspec.structs.replace(opened, kind=NotificationKind.UPDATED, reference="TT-77")
    assert (await stand.tell(lost)).reference == stand.tickets()[0]["id"]
    end = message_of(restore_fibre(made), made, reference="TT-78")
    other = msgspec.structs.replace(end, thread_id="another")
    assert (await stand.tell(other)).text == "there is no ticket to bring to an end"


@asynccontextmanager
async def service_with_callbacks(
    made: CityFixture, path: Path, channel: Settings, *, port: int = 0
) -> AsyncIterator[tuple[NotificationService, str]]:
    """Run all of telling with tickets, and its door for calls; gives that door's URL."""
    settings = NotifySettings(channels=("main",), retry_s=0.02)
    async with running_service(made, path, [(load("tmf621"), channel)], settings) as found:
        app = Starlette(routes=callback_routes(found.dispatcher.channels, found.poll_now))
        server = uvicorn.Server(
            uvicorn.Config(app, port=port, lifespan="off", log_config=None, access_log=False)
        )
        serving = asyncio.create_task(server.serve())
        await eventually(lambda: server.started)
        try:
            yield found, f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
        finally:
            server.should_exit = True
            await serving


async def test_what_the_carrier_does_comes_back_into_the_incident(
    stand: TicketFixture, tmp_path: Path
) -> None:
    made = steady_city(city_inventory())
    settings = stand.with_settings(
        poll_s=0.1, callback_url="", callback_token_file="", bearer_file=stand.settings.bearer_file
    )
    async with service_with_callbacks(made, tmp_path, settings) as (found, _):
        event = cut_fibre(made)
        found.enqueue((event,))

        def incident() -> Any:  # noqa: ANN401 - an Incident, or what it holds
            return made.registry.incidents[event.incident.id]

        await eventually(lambda: incident().acknowledgement is not None)
        assert incident().acknowledgement.owner == "carrier:vnpt"
        (ticket,) = stand.tickets()
        assert f"main {ticket['id']}: acknowledged" in incident().acknowledgement.note
        stand.desk.update_as_operator(ticket["id"], status="inProgress", version=stand.version)
        stand.desk.update_as_operator(
            ticket["id"], note="Đứt cáp tại hố ga số 7, dự kiến 2 giờ", version=stand.version
        )
        await eventually(lambda: "hố ga số 7" in repr(incident().history))
        (told,) = found.site_notifications("s0")
        assert (told.channel, told.reference) == ("tmf621", ticket["id"])
        (pushed,) = found.notified_parties("s0")
        assert (pushed.party, pushed.link, pushed.reference) == ("carrier", "fiber", ticket["id"])


async def test_a_call_of_the_carrier_makes_us_look_at_once(
    stand: TicketFixture, tmp_path: Path
) -> None:
    made = steady_city(city_inventory())
    port = free_port()
    settings = stand.with_settings(
        poll_s=3_600.0, **stand.carrier.callback(f"http://127.0.0.1:{port}")
    )
    async with service_with_callbacks(made, tmp_path, settings, port=port) as (found, url):
        await eventually(lambda: stand.desk.operator_call("GET", f"hubs/{stand.version}"))
        event = cut_fibre(made)
        found.enqueue((event,))
        await eventually(stand.tickets)
        (subscription,) = stand.desk.operator_call("GET", f"hubs/{stand.version}")
        assert subscription["callback"].startswith(f"{url}/v1/callbacks/main/")
        assert CALLBACK not in subscription["callback"]
        (ticket,) = stand.tickets()
        stand.desk.update_as_operator(ticket["id"], status="inProgress", version=stand.version)
        incidents = made.registry.incidents
        await eventually(lambda: "inProgress" in repr(incidents[event.incident.id]))
        stand.carrier.check_exchanges()
    assert stand.desk.operator_call("GET", f"hubs/{stand.version}") == []


async def test_a_call_without_the_token_is_nobodys(stand: TicketFixture, tmp_path: Path) -> None:
    import httpx

    made = steady_city(city_inventory())
    settings = stand.with_settings(poll_s=3_600.0)
    async with (
        service_with_callbacks(made, tmp_path, settings) as (_, url),
        httpx.AsyncClient() as client,
    ):
        for path in ("main/wrong", "main/", "other/wrong", f"main/{TOKEN}", "main/wrong/x"):
            answer = await client.post(f"{url}/v1/callbacks/{path}", json={})
            assert answer.status_code in {404, 405}, path


def free_port() -> int:
    import socket

    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port
