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

from tests.collector.incidents.town import Town
from tests.collector.notify.carrier import CALLBACK, SECRETS, TOKEN, TROUBLE, Carrier
from tests.collector.notify.channel_contract import *  # noqa: F403 - the contract's tests
from tests.collector.notify.making import city, cut, desk, mend, message_of, outage, town
from tests.collector.running import eventually
from thongsuot_collector.incidents.ledger import Cause, Kind
from thongsuot_collector.notify import load
from thongsuot_collector.notify.telling.callbacks import callback_routes
from thongsuot_collector.notify.telling.desk import Desk
from thongsuot_collector.notify.telling.message import Answer, Message, Outcome
from thongsuot_collector.notify.telling.settings import NotifySettings
from thongsuot_collector.notify.tmf621 import Settings, Tickets, check


class TicketStand:
    trouble = TROUBLE
    echo = "echo"
    secrets = SECRETS
    knows_keys = True

    def __init__(self, carrier: Carrier, version: int) -> None:
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

    def channel(self) -> Tickets:
        check(self.settings)
        return Tickets(self.settings)

    def told(self) -> list[str]:
        found = []
        for ticket in self.tickets():
            found.append("opened")
            if ticket["status"] in {"resolved", "cancelled"}:
                found.append("resolved")
        return found

    def tickets(self) -> list[dict[str, Any]]:
        return self.desk.tickets(self.version)

    async def tell(self, message: Message) -> Answer:
        channel = self.channel()
        try:
            return await channel.tell(message)
        finally:
            await channel.close()


@pytest.fixture(scope="module")
def carrier(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Carrier]:
    found = Carrier(tmp_path_factory.mktemp("carrier"))
    yield found
    found.stop()


@pytest.fixture(params=[5, 4])
def stand(carrier: Carrier, request: pytest.FixtureRequest) -> TicketStand:
    carrier.clear()
    return TicketStand(carrier, request.param)


async def test_every_request_and_answer_is_as_published(stand: TicketStand) -> None:
    made = town(city())
    opened = message_of(cut(made), made)
    reference = (await stand.tell(opened)).reference
    updated = msgspec.structs.replace(opened, kind=Kind.UPDATED, reference=reference)
    await stand.tell(updated)
    await stand.tell(message_of(mend(made), made, reference=reference))
    await stand.tell(message_of(outage(made, "viettel"), made))
    assert stand.carrier.check_exchanges() == 9
    assert [one["status"] for one in stand.tickets()] == ["resolved", "acknowledged"]


async def test_a_ticket_names_the_circuit_the_customer_and_the_evidence(stand: TicketStand) -> None:
    made = town(city())
    message = message_of(cut(made), made)
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
        assert ticket["externalIdentifier"][0]["id"] == message.conversation
    else:
        assert ticket["externalId"] == message.conversation


async def test_a_ticket_whose_answer_was_lost_is_found_and_not_made_again(
    stand: TicketStand,
) -> None:
    made = town(city())
    message = message_of(cut(made), made)
    channel = Tickets(stand.with_settings(timeout_s=0.5))
    stand.behave("hang")
    answer = await channel.tell(message)
    await channel.close()
    assert answer.outcome is Outcome.UNSURE
    stand.behave("well")
    again = await stand.tell(message)
    assert again.outcome is Outcome.DELIVERED
    assert [one["id"] for one in stand.tickets()] == [again.reference]


@pytest.mark.parametrize(
    ("states", "cause", "expected"),
    [
        ([], Cause.ENDED, "resolved"),
        (["inProgress"], Cause.ENDED, "resolved"),
        (["inProgress", "pending"], Cause.ENDED, "resolved"),
        (["inProgress", "held"], Cause.ENDED, "resolved"),
        (["inProgress", "resolved"], Cause.ENDED, "resolved"),
        (["inProgress", "resolved", "closed"], Cause.ENDED, "closed"),
        (["rejected"], Cause.ENDED, "rejected"),
        ([], Cause.WITHDRAWN, "cancelled"),
        (["inProgress"], Cause.REASSIGNED, "cancelled"),
        (["inProgress", "pending"], Cause.ABSORBED, "cancelled"),
        (["inProgress", "resolved"], Cause.WITHDRAWN, "resolved"),
    ],
)
async def test_an_end_takes_only_steps_that_are_allowed(
    stand: TicketStand, states: list[str], cause: Cause, expected: str
) -> None:
    made = town(city())
    reference = (await stand.tell(message_of(cut(made), made))).reference
    for state in states:
        stand.desk.act(reference, status=state, note=f"nay {state}", version=stand.version)
    end = message_of(mend(made), made, reference=reference)
    end = msgspec.structs.replace(end, entry=msgspec.structs.replace(end.entry, cause=cause))
    assert (await stand.tell(end)).outcome is Outcome.DELIVERED
    (ticket,) = stand.tickets()
    assert ticket["status"] == expected
    said = [one["text"] for one in ticket["note"]]
    assert [one for one in said if one.startswith("nay ")] == [f"nay {one}" for one in states]


async def test_a_fault_that_goes_on_is_not_believed_resolved(stand: TicketStand) -> None:
    made = town(city())
    opened = message_of(cut(made), made)
    reference = (await stand.tell(opened)).reference
    for state in ("inProgress", "resolved"):
        stand.desk.act(reference, status=state, version=stand.version)
    updated = msgspec.structs.replace(opened, kind=Kind.UPDATED, reference=reference)
    await stand.tell(updated)
    assert [one["status"] for one in stand.tickets()] == ["inProgress"]
    for state in ("resolved", "closed"):
        stand.desk.act(reference, status=state, version=stand.version)
    answer = await stand.tell(updated)
    assert [one["status"] for one in stand.tickets()] == ["closed", "acknowledged"]
    follower = stand.tickets()[1]
    assert answer.reference == follower["id"]
    assert follower["troubleTicketRelationship"][0]["id"] == reference


async def test_a_ticket_that_the_carrier_rejects_is_not_made_again(stand: TicketStand) -> None:
    made = town(city())
    opened = message_of(cut(made), made)
    reference = (await stand.tell(opened)).reference
    stand.desk.act(
        reference, status="rejected", note="Không phải của chúng tôi", version=stand.version
    )
    answer = await stand.tell(
        msgspec.structs.replace(opened, kind=Kind.UPDATED, reference=reference)
    )
    assert answer.outcome is Outcome.DELIVERED
    assert answer.text == f"{reference} was rejected; it is not made again"
    assert len(stand.tickets()) == 1


async def test_a_carrier_that_lets_nobody_set_states_is_told_in_notes(stand: TicketStand) -> None:
    made = town(city())
    channel = Tickets(stand.with_settings(sets_status=False))
    reference = (await channel.tell(message_of(cut(made), made))).reference
    answer = await channel.tell(message_of(mend(made), made, reference=reference))
    await channel.close()
    assert answer.outcome is Outcome.DELIVERED
    (ticket,) = stand.tickets()
    assert ticket["status"] == "acknowledged"
    assert ticket["note"][-1]["text"].startswith("[Đã khắc phục]")


async def test_a_ticket_that_the_carrier_has_lost_is_made_again(stand: TicketStand) -> None:
    made = town(city())
    opened = message_of(cut(made), made)
    lost = msgspec.structs.replace(opened, kind=Kind.UPDATED, reference="TT-77")
    assert (await stand.tell(lost)).reference == stand.tickets()[0]["id"]
    end = message_of(mend(made), made, reference="TT-78")
    other = msgspec.structs.replace(end, conversation="another")
    assert (await stand.tell(other)).text == "there is no ticket to bring to an end"


@asynccontextmanager
async def office_with_door(
    made: Town, path: Path, channel: Settings, *, port: int = 0
) -> AsyncIterator[tuple[Desk, str]]:
    """Run all of telling with tickets, and its door for calls; gives that door's URL."""
    settings = NotifySettings(channels=("main",), retry_s=0.02)
    async with desk(made, path, [(load("tmf621"), channel)], settings) as found:
        app = Starlette(routes=callback_routes(found.dispatcher.channels, found.nudge))
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
    stand: TicketStand, tmp_path: Path
) -> None:
    made = town(city())
    settings = stand.with_settings(
        look_s=0.1, callback_url="", callback_token_file="", bearer_file=stand.settings.bearer_file
    )
    async with office_with_door(made, tmp_path, settings) as (found, _):
        event = cut(made)
        found.hand_over((event,))

        def incident() -> Any:  # noqa: ANN401 - an Incident, or what it holds
            return made.book.incidents[event.incident.id]

        await eventually(lambda: incident().acknowledgement is not None)
        assert incident().acknowledgement.owner == "carrier:vnpt"
        (ticket,) = stand.tickets()
        assert f"main {ticket['id']}: acknowledged" in incident().acknowledgement.note
        stand.desk.act(ticket["id"], status="inProgress", version=stand.version)
        stand.desk.act(
            ticket["id"], note="Đứt cáp tại hố ga số 7, dự kiến 2 giờ", version=stand.version
        )
        await eventually(lambda: "hố ga số 7" in repr(incident().history))
        (told,) = found.told("s0")
        assert (told.channel, told.reference) == ("tmf621", ticket["id"])
        (pushed,) = found.told_push("s0")
        assert (pushed.party, pushed.link, pushed.reference) == ("carrier", "fiber", ticket["id"])


async def test_a_call_of_the_carrier_makes_us_look_at_once(
    stand: TicketStand, tmp_path: Path
) -> None:
    made = town(city())
    port = free_port()
    settings = stand.with_settings(
        look_s=3_600.0, **stand.carrier.callback(f"http://127.0.0.1:{port}")
    )
    async with office_with_door(made, tmp_path, settings, port=port) as (found, url):
        await eventually(lambda: stand.desk.own("GET", f"hubs/{stand.version}"))
        event = cut(made)
        found.hand_over((event,))
        await eventually(stand.tickets)
        (subscription,) = stand.desk.own("GET", f"hubs/{stand.version}")
        assert subscription["callback"].startswith(f"{url}/v1/callbacks/main/")
        assert CALLBACK not in subscription["callback"]
        (ticket,) = stand.tickets()
        stand.desk.act(ticket["id"], status="inProgress", version=stand.version)
        incidents = made.book.incidents
        await eventually(lambda: "inProgress" in repr(incidents[event.incident.id]))
        stand.carrier.check_exchanges()
    assert stand.desk.own("GET", f"hubs/{stand.version}") == []


async def test_a_call_without_the_token_is_nobodys(stand: TicketStand, tmp_path: Path) -> None:
    import httpx

    made = town(city())
    settings = stand.with_settings(look_s=3_600.0)
    async with (
        office_with_door(made, tmp_path, settings) as (_, url),
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
