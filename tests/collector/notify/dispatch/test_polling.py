"""Statuses that receivers set themselves reach the incident completely and once."""

import asyncio
import json
import time
from datetime import datetime
from pathlib import Path

import msgspec
import pytest

from tests.collector.notify.channel_contract import ServiceFixture, running_service
from tests.collector.notify.incident_events import (
    IncidentRecorderFixture,
    city_inventory,
    cut_fibre,
    restore_fibre,
    steady_city,
)
from tests.collector.notify.ticket_fixture import *  # noqa: F403 - its fixtures
from tests.collector.notify.ticket_fixture import TicketFixture
from tests.collector.running import WITHIN_S, eventually, let_go
from tests.collector.sinks.receiver import always, receiver
from thongsuot_collector.errors import Deposed
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.notify.channels.alertmanager import AlertmanagerChannel, Settings
from thongsuot_collector.notify.channels.tmf621.channel import TroubleTicketChannel
from thongsuot_collector.notify.dispatch.feedback import RecordQueue
from thongsuot_collector.notify.dispatch.notification_store import NotificationStore
from thongsuot_collector.notify.dispatch.status_handler import StatusHandler
from thongsuot_collector.notify.message import Acceptance, ReceiverStatus
from thongsuot_collector.store.engine import open_store

NO_CALLBACKS = {"callback_url": "", "callback_token_file": ""}


def said_by_carrier(incident: Incident) -> list[str]:
    return [entry.event for entry in incident.history if entry.event.startswith("ticket ")]


async def test_a_ticket_accepted_between_two_polls_is_read_before_it_is_resolved(
    fixture: TicketFixture, tmp_path: Path
) -> None:
    city = steady_city(city_inventory())
    rarely = fixture.with_settings(poll_s=3_600.0, **NO_CALLBACKS)
    channels = {"main": TroubleTicketChannel(rarely)}
    async with running_service(city, tmp_path, channels) as service:
        event = cut_fibre(city)
        await service.accept(event)
        await eventually(fixture.tickets)
        await eventually(service.is_idle)
        (ticket,) = fixture.tickets()
        fixture.desk.update_as_operator(ticket["id"], status="inProgress", version=fixture.version)
        await service.accept(restore_fibre(city))
        await eventually(lambda: not service.service.threads)

        def incident() -> Incident:
            return city.registry.incidents[event.incident.id]

        await eventually(lambda: incident().acknowledgement is not None)
    assert said_by_carrier(incident()) == ["ticket inProgress"]
    assert [ticket["status"] for ticket in fixture.tickets()] == ["resolved"]


async def test_a_receiver_status_is_stored_after_the_incident_has_it_and_applied_once(
    fixture: TicketFixture, tmp_path: Path
) -> None:
    city = steady_city(city_inventory())
    rarely = fixture.with_settings(poll_s=3_600.0, **NO_CALLBACKS)
    channels = {"main": TroubleTicketChannel(rarely)}
    event = cut_fibre(city)
    async with running_service(city, tmp_path, channels) as service:
        await service.accept(event)
        await eventually(service.is_idle)
    engine = open_store(tmp_path / "store.sqlite")
    store = NotificationStore(engine)

    def revision() -> str:
        return store.threads[0].routes[0].receiver_status

    async def polled(revision_of_ticket: str, *, is_killed: bool = False) -> None:
        """Learn of the status in two polls; the process may be killed before it is written."""
        await store.refresh()
        records = RecordQueue()
        handler = StatusHandler(store, records, now_ns=lambda: event.record.at_ns)
        (thread,) = store.threads
        status = ReceiverStatus(
            thread_id=thread.routes[0].thread_id,
            status="inProgress",
            acceptance=Acceptance.ACCEPTED,
            revision=revision_of_ticket,
        )
        for _ in range(2):
            await handler.accept(thread, thread.routes[0], status)
        if not is_killed:
            writing = asyncio.create_task(records.run(IncidentRecorderFixture(city)))
            await eventually(lambda: revision() == revision_of_ticket)
            writing.cancel()
            await asyncio.wait((writing,))

    await polled("inProgress 0", is_killed=True)
    await store.refresh()
    assert revision() == "", "nobody would ask again for what the incident has not"
    await polled("inProgress 0")
    incident = city.registry.incidents[event.incident.id]
    assert said_by_carrier(incident) == ["ticket inProgress"]
    assert incident.acknowledgement is not None
    # As after a kill between the two: the incident has it, and it is asked for once more.
    await polled("inProgress 1")
    assert said_by_carrier(city.registry.incidents[event.incident.id]) == ["ticket inProgress"]
    await let_go(engine)


async def test_a_former_leader_does_not_repeat_alerts_that_another_may_have_ended(
    tmp_path: Path,
) -> None:
    city = steady_city(city_inventory())
    async with receiver(always(200)) as alerts:
        settings = Settings(kind="alertmanager", name="main", urls=(alerts.url,), repeat_s=0.05)
        channels = {"main": AlertmanagerChannel(settings)}
        fixture = ServiceFixture(city, tmp_path, channels)
        running = asyncio.create_task(fixture.service.run(fixture.recorder))
        await fixture.accept(cut_fibre(city))
        await eventually(lambda: len(alerts.requests) > 2)
        fixture.service.sender.may_send = lambda: False
        sent = len(alerts.requests)
        with pytest.raises(ExceptionGroup) as raised:
            await asyncio.wait_for(running, WITHIN_S)
        assert len(alerts.requests) <= sent + 1, "one may have been on its way"
        assert raised.value.subgroup(Deposed) is not None
        await fixture.service.close()
        await let_go(fixture.store)


async def test_an_end_is_sent_again_by_the_next_collector_too_until_it_is_old_or_reopened(
    tmp_path: Path,
) -> None:
    city = steady_city(city_inventory())
    opened, ended = cut_fibre(city), restore_fibre(city)
    assert opened.incident.id == ended.incident.id
    again = msgspec.structs.replace(opened.record, number=ended.record.number + 1)
    reopened = msgspec.structs.replace(opened, record=again)
    async with receiver(always(200)) as alerts:
        settings = Settings(kind="alertmanager", name="main", urls=(alerts.url,), repeat_s=0.05)

        def ends() -> list[bool]:
            """Return of each request whether it ended its alert."""
            return [
                datetime.fromisoformat(alert["endsAt"]).timestamp() < time.time()
                for request in alerts.requests
                for alert in json.loads(request.body)
            ]

        channel = AlertmanagerChannel(settings)
        async with running_service(city, tmp_path, {"main": channel}) as service:
            await service.accept(opened)
            await eventually(lambda: len(ends()) > 1)
            await service.accept(ended)
            await eventually(lambda: ends().count(True) > 2)
        alerts.requests.clear()
        channel = AlertmanagerChannel(settings)
        async with running_service(city, tmp_path, {"main": channel}) as service:
            await eventually(lambda: ends().count(True) > 2)
            assert all(ends())
            await service.accept(reopened)
            await eventually(lambda: False in ends())
            first = ends().index(False)
            await eventually(lambda: len(ends()) > first + 3)
            assert not any(ends()[first:]), "a repeated end would end the reopened alert"
        alerts.requests.clear()
        channel = AlertmanagerChannel(settings)
        channel.end_kept_s = 0.0
        async with running_service(city, tmp_path, {"main": channel}) as service:
            await service.accept(cut_fibre(city, "s3"))
            await eventually(lambda: len(ends()) > 3)
        assert not any(ends())
