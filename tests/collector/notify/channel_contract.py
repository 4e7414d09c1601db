"""
The contract of a channel: each channel's test module imports these tests and gives ``fixture``.

A fixture is a channel with its receiver, whose behaviour the test decides: a real process, a file,
whatever the channel writes to.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Protocol

import msgspec
import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from tests.collector.incidents.city import CityFixture
from tests.collector.notify.incident_events import (
    IncidentRecorderFixture,
    city_inventory,
    composer_of,
    cut_fibre,
    message_of,
    restore_fibre,
    steady_city,
)
from tests.collector.running import eventually, let_go
from thongsuot_collector.cli.main import set_up_logging
from thongsuot_collector.incidents.incident import NotificationEvent
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.notify.contract import Channel
from thongsuot_collector.notify.dispatch import delivery_log
from thongsuot_collector.notify.dispatch.metrics import NotifyMetrics
from thongsuot_collector.notify.dispatch.service import NotificationService
from thongsuot_collector.notify.message import ChannelOutcome, NotificationMessage
from thongsuot_collector.notify.settings import NotifySettings
from thongsuot_collector.store.engine import open_store


class ChannelFixture(Protocol):
    """
    A channel and its receiver.

    ``failure_outcomes`` gives, for each way in which the receiver can misbehave, what that means
    for a message; at least one of them is ``retry`` or ``unknown``. ``absent_outcome`` is what it
    means that nobody is there. ``echo`` is the way in which the receiver shows all that it was
    sent, empty where it shows nothing; ``secrets`` must never be seen, none where the channel has
    none.
    ``deduplicates``: the receiver recognises what it has been sent before.
    """

    @property
    def failure_outcomes(self) -> Mapping[str, ChannelOutcome]: ...

    @property
    def absent_outcome(self) -> ChannelOutcome: ...

    @property
    def echo(self) -> str: ...

    @property
    def secrets(self) -> Sequence[str]: ...

    @property
    def deduplicates(self) -> bool: ...

    def channel(self) -> Channel:
        """Make the channel again, as a start of the collector does."""

    def behave(self, how: str) -> None:
        """Let the receiver behave in a way from now on; ``well`` is one."""

    def stop(self) -> None:
        """Let nobody be there."""

    def start(self) -> None:
        """Be there again."""

    def received_kinds(self) -> list[str]:
        """
        Return what the receiver was sent so far, each once: ``opened``, ``updated``, ``resolved``.
        """


class ServiceFixture:
    """A running notification service on a store; by default every party has all its channels."""

    def __init__(
        self,
        city: CityFixture,
        path: Path,
        channels: Mapping[str, Channel],
        settings: NotifySettings | None = None,
        store: Engine | None = None,
    ) -> None:
        self.city = city
        self.store = store or open_store(path / "store.sqlite")
        self.recorder = IncidentRecorderFixture(city)
        self.registry = CollectorRegistry()
        settings = settings or NotifySettings(
            channels=tuple(channels), retry_s=0.01, escalate_after_s=60.0
        )
        self.service = NotificationService(
            channels,
            composer_of(city.directory, settings=settings),
            NotifyMetrics(self.registry),
            store=self.store,
            directory=city.directory,
            settings=settings,
        )

    async def accept(self, *notifications: NotificationEvent) -> None:
        await self.service.accept(notifications, self.city.registry.network_state)

    def is_idle(self) -> bool:
        """Whether all is sent, written down and recorded in the incidents."""
        deliveries = self.recorder.deliveries
        return bool(deliveries) and deliveries[-1].is_done


@asynccontextmanager
async def running_service(
    city: CityFixture,
    path: Path,
    channels: Mapping[str, Channel],
    settings: NotifySettings | None = None,
    store: Engine | None = None,
) -> AsyncIterator[ServiceFixture]:
    """Run a service, from what its store holds: a file of its own, if it is not given one."""
    fixture = ServiceFixture(city, path, channels, settings, store)
    await fixture.service.load()
    running = asyncio.create_task(fixture.service.run(fixture.recorder))
    try:
        yield fixture
    finally:
        running.cancel()
        await asyncio.wait((running,))
        await fixture.service.close()
        await let_go(fixture.store)
        if not running.cancelled():
            running.result()


async def send_once(fixture: ChannelFixture, message: NotificationMessage) -> ChannelOutcome:
    channel = fixture.channel()
    try:
        return (await channel.send(message)).outcome
    finally:
        await channel.close()


async def test_a_message_gets_through(fixture: ChannelFixture) -> None:
    city = steady_city(city_inventory())
    message = message_of(cut_fibre(city), city)
    assert await send_once(fixture, message) is ChannelOutcome.DELIVERED
    assert fixture.received_kinds() == [NotificationKind.OPENED]


async def test_the_receivers_behaviour_decides_the_outcome_of_a_message(
    fixture: ChannelFixture,
) -> None:
    city = steady_city(city_inventory())
    message = message_of(cut_fibre(city), city)
    outcomes = {}
    for how in fixture.failure_outcomes:
        fixture.behave(how)
        outcomes[how] = await send_once(fixture, message)
    assert outcomes == dict(fixture.failure_outcomes)


async def test_a_receiver_that_is_not_there_is_a_result(fixture: ChannelFixture) -> None:
    city = steady_city(city_inventory())
    fixture.stop()
    outcome = await send_once(fixture, message_of(cut_fibre(city), city))
    assert outcome is fixture.absent_outcome
    assert outcome is not ChannelOutcome.DELIVERED


async def test_no_secret_is_in_a_result_or_in_the_log(
    fixture: ChannelFixture, caplog: pytest.LogCaptureFixture
) -> None:
    city = steady_city(city_inventory())
    message = message_of(cut_fibre(city), city)
    set_up_logging("debug")
    with caplog.at_level(logging.DEBUG):
        for how in ("well", fixture.echo or "well", *fixture.failure_outcomes):
            fixture.behave(how)
            channel = fixture.channel()
            result = await channel.send(message)
            assert not any(secret in repr(result) for secret in fixture.secrets), how
            assert not any(secret in repr(channel) for secret in fixture.secrets)
            await channel.close()
        fixture.stop()
        channel = fixture.channel()
        result = await channel.send(message)
        await channel.close()
    assert not any(secret in repr(result) for secret in fixture.secrets)
    assert not any(secret in caplog.text for secret in fixture.secrets)
    assert bool(fixture.secrets) is bool(fixture.echo), "who has secrets shows what leaks them"


async def test_the_same_sent_again_is_received_once(fixture: ChannelFixture) -> None:
    if not fixture.deduplicates:
        return
    city = steady_city(city_inventory())
    message = message_of(cut_fibre(city), city)
    assert await send_once(fixture, message) is ChannelOutcome.DELIVERED
    assert await send_once(fixture, message) is ChannelOutcome.DELIVERED
    assert fixture.received_kinds() == [NotificationKind.OPENED]


async def test_nothing_is_lost_while_the_receiver_is_away_or_failing(
    fixture: ChannelFixture, tmp_path: Path
) -> None:
    city = steady_city(city_inventory())
    event = cut_fibre(city)
    failing = next(
        how
        for how, outcome in fixture.failure_outcomes.items()
        if outcome in {ChannelOutcome.RETRY, ChannelOutcome.UNKNOWN}
    )
    fixture.stop()
    async with running_service(city, tmp_path, {"main": fixture.channel()}) as service:
        await service.accept(event)
        await eventually(lambda: len(service.recorder.deliveries) > 0)
        fixture.behave(failing)
        fixture.start()
        await eventually(lambda: len(attempts_for(service, event)) > 3)
        fixture.behave("well")
        await eventually(service.is_idle)
        assert fixture.received_kinds() == [NotificationKind.OPENED]
        assert attempts_for(service, event)[-1].outcome is ChannelOutcome.DELIVERED
    (record,) = city.registry.incidents[event.incident.id].notifications
    assert record.is_done
    assert [attempt.is_delivered for attempt in record.deliveries] == [False, True]


async def test_a_restart_notifies_nobody_again_and_the_end_is_sent(
    fixture: ChannelFixture, tmp_path: Path
) -> None:
    city = steady_city(city_inventory())
    event = cut_fibre(city)
    async with running_service(city, tmp_path, {"main": fixture.channel()}) as service:
        await service.accept(event)
        await eventually(service.is_idle)
    async with running_service(city, tmp_path, {"main": fixture.channel()}) as service:
        await service.accept(event)
        await eventually(service.is_idle)
        assert fixture.received_kinds() == [NotificationKind.OPENED]
        assert len(attempts_for(service, event)) == 1
        await service.accept(restore_fibre(city))
        await eventually(lambda: not service.service.threads)
    assert fixture.received_kinds() == [NotificationKind.OPENED, NotificationKind.RESOLVED]
    async with running_service(city, tmp_path, {"main": fixture.channel()}) as service:
        assert not service.service.threads
    assert fixture.received_kinds() == [NotificationKind.OPENED, NotificationKind.RESOLVED]


async def test_no_secret_is_in_the_store(fixture: ChannelFixture, tmp_path: Path) -> None:
    if not fixture.secrets:
        return
    city = steady_city(city_inventory())
    event = cut_fibre(city)
    fixture.behave(fixture.echo)
    async with running_service(city, tmp_path, {"main": fixture.channel()}) as service:
        await service.accept(event)
        await eventually(lambda: len(service.recorder.deliveries) > 0)
        attempts = attempts_for(service, event)
        fixture.behave("well")
    kept = (tmp_path / "store.sqlite").read_bytes()
    kept += (tmp_path / "store.sqlite-wal").read_bytes() if has_wal(tmp_path) else b""
    recorded = msgspec.json.encode(city.registry.incidents[event.incident.id])
    assert attempts[0].outcome is not ChannelOutcome.DELIVERED
    assert not any(secret in repr(attempts) for secret in fixture.secrets)
    assert not any(secret.encode() in kept for secret in fixture.secrets)
    assert not any(secret.encode() in recorded for secret in fixture.secrets)


def has_wal(path: Path) -> bool:
    return (path / "store.sqlite-wal").exists()


def attempts_for(
    service: ServiceFixture, event: NotificationEvent
) -> list[delivery_log.DeliveryLogEntry]:
    return delivery_log.load_attempts(service.store, event.incident.id)
