"""
The contract of a channel: each channel's test module imports these tests and gives ``stand``.

A stand is a channel with its receiver, a real process whose behaviour the test decides.
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

from tests.collector.incidents.city import CityFixture
from tests.collector.notify.incident_events import (
    city_inventory,
    composer_of,
    cut_fibre,
    message_of,
    restore_fibre,
    steady_city,
)
from tests.collector.running import eventually, let_go
from thongsuot_collector.cli.main import set_up_logging
from thongsuot_collector.incidents.actions import record_delivery
from thongsuot_collector.incidents.incident import NotificationEvent
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.notify.contract import Channel
from thongsuot_collector.notify.dispatch import delivery_log
from thongsuot_collector.notify.dispatch.dispatcher import Dispatcher
from thongsuot_collector.notify.dispatch.metrics import NotifyMetrics
from thongsuot_collector.notify.dispatch.reporter import DeliveryReporter, DeliveryUpdate
from thongsuot_collector.notify.message import ChannelOutcome, NotificationMessage
from thongsuot_collector.notify.settings import NotifySettings
from thongsuot_collector.store.engine import open_store


class ChannelFixture(Protocol):
    """
    A channel and its receiver.

    ``failure_outcomes`` gives, for each way in which the receiver can misbehave, what that means
    for a message. ``echo`` is the way in which it shows all that it was sent. ``secrets`` must
    never be seen. ``deduplicates``: it recognises what it has been told before.
    """

    @property
    def failure_outcomes(self) -> Mapping[str, ChannelOutcome]: ...

    @property
    def echo(self) -> str: ...

    @property
    def secrets(self) -> Sequence[str]: ...

    @property
    def deduplicates(self) -> bool: ...

    def channel(self) -> Channel:
        """Make the channel anew, as a start of the collector does."""

    def behave(self, how: str) -> None:
        """Let the receiver behave in a way from now on; ``well`` is one."""

    def stop(self) -> None:
        """Let nobody be there."""

    def start(self) -> None:
        """Be there again."""

    def received_kinds(self) -> list[str]:
        """
        Return what the receiver was told so far, each once: ``opened``, ``updated``, ``resolved``.
        """


class DispatcherFixture:
    """A collector's dispatcher on a store; by default every party has all of its channels."""

    def __init__(
        self,
        made: CityFixture,
        path: Path,
        channels: Mapping[str, Channel],
        settings: NotifySettings | None = None,
    ) -> None:
        self.made = made
        self.store = open_store(path / "store.sqlite")
        self.updates: list[DeliveryUpdate] = []
        self.registry = CollectorRegistry()
        settings = settings or NotifySettings(
            channels=tuple(channels), retry_s=0.01, escalate_after_s=60.0
        )
        self.dispatcher = Dispatcher(
            channels,
            composer_of(made.directory, settings=settings),
            DeliveryReporter(
                NotifyMetrics(self.registry), noted=self._record_update, heard=lambda _: None
            ),
            store=self.store,
            directory=made.directory,
            settings=settings,
        )

    def _record_update(self, noted: DeliveryUpdate) -> None:
        self.updates.append(noted)
        if noted.incident in self.made.registry.incidents:
            record_delivery(
                self.made.registry,
                noted.incident,
                noted.number,
                noted.delivery,
                is_done=noted.is_done,
            )

    async def accept(self, *events: NotificationEvent) -> None:
        await self.dispatcher.accept(events, self.made.registry.network_state)

    def is_idle(self) -> bool:
        """Whether all is told, written down and reported."""
        return bool(self.updates) and self.updates[-1].is_done


@asynccontextmanager
async def running_dispatcher(
    made: CityFixture,
    path: Path,
    channels: Mapping[str, Channel],
    settings: NotifySettings | None = None,
) -> AsyncIterator[DispatcherFixture]:
    """Run a dispatcher, from what its store holds."""
    found = DispatcherFixture(made, path, channels, settings)
    await found.dispatcher.load()
    running = asyncio.create_task(found.dispatcher.run())
    try:
        yield found
    finally:
        running.cancel()
        await asyncio.wait((running,))
        await found.dispatcher.close()
        await let_go(found.store)
        if not running.cancelled():
            running.result()


async def send_once(stand: ChannelFixture, message: NotificationMessage) -> ChannelOutcome:
    channel = stand.channel()
    try:
        return (await channel.send(message)).outcome
    finally:
        await channel.close()


async def test_a_message_gets_through(stand: ChannelFixture) -> None:
    made = steady_city(city_inventory())
    assert await send_once(stand, message_of(cut_fibre(made), made)) is ChannelOutcome.DELIVERED
    assert stand.received_kinds() == [NotificationKind.OPENED]


async def test_what_the_receiver_answers_decides_what_becomes_of_a_message(
    stand: ChannelFixture,
) -> None:
    made = steady_city(city_inventory())
    message = message_of(cut_fibre(made), made)
    found = {}
    for how in stand.failure_outcomes:
        stand.behave(how)
        found[how] = await send_once(stand, message)
    assert found == dict(stand.failure_outcomes)


async def test_a_receiver_that_is_not_there_is_an_answer(stand: ChannelFixture) -> None:
    made = steady_city(city_inventory())
    stand.stop()
    assert await send_once(stand, message_of(cut_fibre(made), made)) is ChannelOutcome.RETRY


async def test_no_secret_is_in_an_answer_or_in_the_log(
    stand: ChannelFixture, caplog: pytest.LogCaptureFixture
) -> None:
    made = steady_city(city_inventory())
    message = message_of(cut_fibre(made), made)
    set_up_logging("debug")
    with caplog.at_level(logging.DEBUG):
        for how in ("well", stand.echo, *stand.failure_outcomes):
            stand.behave(how)
            channel = stand.channel()
            answer = await channel.send(message)
            assert not any(secret in repr(answer) for secret in stand.secrets), how
            assert not any(secret in repr(channel) for secret in stand.secrets)
            await channel.close()
        stand.stop()
        channel = stand.channel()
        answer = await channel.send(message)
        await channel.close()
    assert not any(secret in repr(answer) for secret in stand.secrets)
    assert not any(secret in caplog.text for secret in stand.secrets)
    assert stand.secrets


async def test_the_same_told_again_is_told_once(stand: ChannelFixture) -> None:
    if not stand.deduplicates:
        return
    made = steady_city(city_inventory())
    message = message_of(cut_fibre(made), made)
    assert await send_once(stand, message) is ChannelOutcome.DELIVERED
    assert await send_once(stand, message) is ChannelOutcome.DELIVERED
    assert stand.received_kinds() == [NotificationKind.OPENED]


async def test_nothing_is_lost_while_the_receiver_is_away_or_ill(
    stand: ChannelFixture, tmp_path: Path
) -> None:
    made = steady_city(city_inventory())
    event = cut_fibre(made)
    ill = next(
        how for how, outcome in stand.failure_outcomes.items() if outcome is ChannelOutcome.RETRY
    )
    stand.stop()
    async with running_dispatcher(made, tmp_path, {"main": stand.channel()}) as found:
        await found.accept(event)
        await eventually(lambda: len(found.updates) > 0)
        stand.behave(ill)
        stand.start()
        await eventually(lambda: len(attempts_for(found, event)) > 3)
        stand.behave("well")
        await eventually(found.is_idle)
        assert stand.received_kinds() == [NotificationKind.OPENED]
        assert attempts_for(found, event)[-1].outcome is ChannelOutcome.DELIVERED
    (entry,) = made.registry.incidents[event.incident.id].notifications
    assert entry.is_done
    assert [one.is_delivered for one in entry.deliveries] == [False, True]


async def test_a_restart_tells_nobody_again_and_the_end_is_told(
    stand: ChannelFixture, tmp_path: Path
) -> None:
    made = steady_city(city_inventory())
    event = cut_fibre(made)
    async with running_dispatcher(made, tmp_path, {"main": stand.channel()}) as found:
        await found.accept(event)
        await eventually(found.is_idle)
    async with running_dispatcher(made, tmp_path, {"main": stand.channel()}) as found:
        await found.accept(event)
        await eventually(found.is_idle)
        assert stand.received_kinds() == [NotificationKind.OPENED]
        assert len(attempts_for(found, event)) == 1
        await found.accept(restore_fibre(made))
        await eventually(lambda: not found.dispatcher.threads)
    assert stand.received_kinds() == [NotificationKind.OPENED, NotificationKind.RESOLVED]
    async with running_dispatcher(made, tmp_path, {"main": stand.channel()}) as found:
        assert not found.dispatcher.threads
    assert stand.received_kinds() == [NotificationKind.OPENED, NotificationKind.RESOLVED]


async def test_no_secret_is_in_the_ledger(stand: ChannelFixture, tmp_path: Path) -> None:
    made = steady_city(city_inventory())
    event = cut_fibre(made)
    stand.behave(stand.echo)
    async with running_dispatcher(made, tmp_path, {"main": stand.channel()}) as found:
        await found.accept(event)
        await eventually(lambda: len(found.updates) > 0)
        tried = attempts_for(found, event)
        stand.behave("well")
    kept = (tmp_path / "store.sqlite").read_bytes()
    kept += (tmp_path / "store.sqlite-wal").read_bytes() if has_wal(tmp_path) else b""
    assert tried[0].outcome is not ChannelOutcome.DELIVERED
    assert not any(secret in repr(tried) for secret in stand.secrets)
    assert not any(secret.encode() in kept for secret in stand.secrets)
    assert not any(
        secret.encode() in msgspec.json.encode(found.updates) for secret in stand.secrets
    )


def has_wal(path: Path) -> bool:
    return (path / "store.sqlite-wal").exists()


def attempts_for(
    found: DispatcherFixture, event: NotificationEvent
) -> list[delivery_log.DeliveryLogEntry]:
    return delivery_log.load_attempts(found.store, event.incident.id)
