"""Second outages and refusals: what a ticket system does with a fault that is there again."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.collector.notify.channel_contract import running_service
from tests.collector.notify.incident_events import (
    CITY,
    city_inventory,
    cut_fibre,
    message_of,
    restore_fibre,
    secret_file,
    steady_city,
)
from tests.collector.notify.receiver_process import ReceiverProcess
from tests.collector.notify.ticket_fixture import *  # noqa: F403 - its fixtures
from tests.collector.notify.ticket_fixture import TicketFixture
from tests.collector.running import eventually
from thongsuot_collector.notify.channels.tmf621.channel import TroubleTicketChannel
from thongsuot_collector.notify.channels.webhook.channel import Settings as WebhookSettings
from thongsuot_collector.notify.channels.webhook.channel import WebhookBody, WebhookChannel
from thongsuot_collector.notify.contract import Channel
from thongsuot_collector.notify.message import (
    ChannelOutcome,
    NotificationMessage,
)
from thongsuot_collector.notify.settings import NotifySettings


async def test_a_second_outage_reopens_the_ticket_that_the_first_one_resolved(
    fixture: TicketFixture,
) -> None:
    city = steady_city(city_inventory())
    opened = message_of(cut_fibre(city), city)
    reference = (await fixture.tell(opened)).reference
    await fixture.tell(message_of(restore_fibre(city), city, reference=reference))
    second = second_outage(opened, reference)
    for _ in range(2):  # as when the first answer was lost
        answer = await fixture.tell(second)
        assert (answer.outcome, answer.reference) == (ChannelOutcome.DELIVERED, reference)
    (ticket,) = fixture.tickets()
    assert ticket["status"] == "inProgress"
    notes = [note["text"] for note in ticket["note"]]
    assert len([note for note in notes if second.body in note]) == 1


@pytest.mark.parametrize("last", ["closed", "cancelled", "rejected"])
async def test_a_second_outage_follows_a_ticket_that_cannot_be_reopened(
    fixture: TicketFixture, last: str
) -> None:
    city = steady_city(city_inventory())
    opened = message_of(cut_fibre(city), city)
    reference = (await fixture.tell(opened)).reference
    if last == "closed":
        await fixture.tell(message_of(restore_fibre(city), city, reference=reference))
    fixture.desk.update_as_operator(reference, status=last, version=fixture.version)
    second = second_outage(opened, reference)
    answers = [await fixture.tell(second) for _ in range(2)]
    assert [ticket["status"] for ticket in fixture.tickets()] == [last, "acknowledged"]
    follower = fixture.tickets()[1]
    assert {answer.reference for answer in answers} == {follower["id"]}
    assert {answer.outcome for answer in answers} == {ChannelOutcome.DELIVERED}
    assert follower["troubleTicketRelationship"][0]["id"] == reference


async def test_a_second_outage_is_not_noted_on_a_ticket_that_stays_resolved(
    fixture: TicketFixture,
) -> None:
    city = steady_city(city_inventory())
    opened = message_of(cut_fibre(city), city)
    channel = TroubleTicketChannel(fixture.with_settings(sets_status=False))
    reference = (await channel.send(opened)).reference
    for state in ("inProgress", "resolved"):
        fixture.desk.update_as_operator(reference, status=state, version=fixture.version)
    answer = await channel.send(second_outage(opened, reference))
    await channel.close()
    assert answer.reference != reference
    assert [ticket["status"] for ticket in fixture.tickets()] == ["resolved", "acknowledged"]


def second_outage(opened: NotificationMessage, reference: str) -> NotificationMessage:
    """Return the opening of the next outage of the same incident, a minute later."""
    record = msgspec.structs.replace(opened.record, number=3)
    return msgspec.structs.replace(
        opened,
        key=f"{opened.key}:3",
        thread_id=f"{opened.incident.id}.3",
        record=record,
        reference=reference,
        body=f"{opened.body} 3",
    )


@pytest.fixture
def wall(tmp_path: Path) -> Iterator[ReceiverProcess]:
    """Run the receiver of the city's notifications."""
    hook = ReceiverProcess("tests.collector.notify.webhook_receiver", tmp_path / "wall", "sesame")
    yield hook.start()
    hook.stop()


def wall_channel(wall: ReceiverProcess, folder: Path) -> WebhookChannel:
    return WebhookChannel(
        WebhookSettings(
            kind="webhook",
            name="wall",
            url=f"http://127.0.0.1:{wall.port}/",
            secret_file=secret_file(folder, "wall.secret", "sesame"),
        )
    )


def told_by(wall: ReceiverProcess) -> list[WebhookBody]:
    return [
        msgspec.json.decode(received["body"], type=WebhookBody)
        for received in wall.folder.received()
    ]


@pytest.mark.parametrize("status", ["rejected", "cancelled"])
async def test_a_carriers_refusal_is_reported_to_the_city_and_shown(
    fixture: TicketFixture, wall: ReceiverProcess, tmp_path: Path, status: str
) -> None:
    city = steady_city(city_inventory(city_channels=("wall",)))
    tickets = fixture.with_settings(poll_s=0.1, callback_url="", callback_token_file="")
    channels: dict[str, Channel] = {
        "main": TroubleTicketChannel(tickets),
        "wall": wall_channel(wall, tmp_path),
    }
    settings = NotifySettings(channels=("main",), city=CITY, city_sees_all=False, retry_s=0.02)
    async with running_service(city, tmp_path, channels, settings) as service:
        event = cut_fibre(city)
        await service.accept(event)
        await eventually(fixture.tickets)
        (ticket,) = fixture.tickets()
        fixture.desk.update_as_operator(
            ticket["id"], status=status, note="ONT mất điện", version=fixture.version
        )
        await eventually(lambda: told_by(wall))
        (disputed,) = told_by(wall)
        assert disputed.audience.party == "city"
        assert disputed.title.startswith("[Tranh chấp] FTTH-0000 mất kết nối")
        assert f"VNPT từ chối phiếu {ticket['id']}" in disputed.text
        assert "ONT mất điện" in disputed.text
        (reference,) = disputed.incident.disputes
        assert (reference.name, reference.reference) == ("vnpt", ticket["id"])
        dispute = city.registry.incidents[event.incident.id].dispute
        assert dispute is not None
        assert (str(dispute.party), dispute.reason) == ("carrier:vnpt", "ONT mất điện")
        await service.accept(restore_fibre(city))
        await eventually(lambda: not service.service.threads)
    assert len(fixture.tickets()) == 1
    assert [body.kind for body in told_by(wall)] == ["opened", "resolved"]
