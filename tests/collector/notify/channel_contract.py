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

from tests.collector.incidents.town import Town
from tests.collector.notify.making import city, composer_of, cut, mend, message_of, town
from tests.collector.running import eventually, let_go
from thongsuot_collector.cli import _set_up_logging
from thongsuot_collector.incidents.actions import deliver
from thongsuot_collector.incidents.incident import Event
from thongsuot_collector.incidents.ledger import Kind
from thongsuot_collector.notify.telling import ledger
from thongsuot_collector.notify.telling.channel import Channel
from thongsuot_collector.notify.telling.dispatcher import Dispatcher
from thongsuot_collector.notify.telling.gauges import NotifyMetrics
from thongsuot_collector.notify.telling.message import Message, Outcome
from thongsuot_collector.notify.telling.report import Noted, Report
from thongsuot_collector.notify.telling.settings import NotifySettings
from thongsuot_collector.store.engine import open_store


class Stand(Protocol):
    """
    A channel and its receiver.

    ``trouble`` gives, for each way in which the receiver can misbehave, what that means for a
    message. ``echo`` is the way in which it shows all that it was sent. ``secrets`` must never be
    seen. ``knows_keys``: it recognises what it has been told before.
    """

    @property
    def trouble(self) -> Mapping[str, Outcome]: ...

    @property
    def echo(self) -> str: ...

    @property
    def secrets(self) -> Sequence[str]: ...

    @property
    def knows_keys(self) -> bool: ...

    def channel(self) -> Channel:
        """Make the channel anew, as a start of the collector does."""

    def behave(self, how: str) -> None:
        """Let the receiver behave in a way from now on; ``well`` is one."""

    def stop(self) -> None:
        """Let nobody be there."""

    def start(self) -> None:
        """Be there again."""

    def told(self) -> list[str]:
        """
        Return what the receiver was told so far, each once: ``opened``, ``updated``, ``resolved``.
        """


class Office:
    """A collector's dispatcher on a store; by default every party has all of its channels."""

    def __init__(
        self,
        made: Town,
        path: Path,
        channels: Mapping[str, Channel],
        settings: NotifySettings | None = None,
    ) -> None:
        self.made = made
        self.store = open_store(path / "store.sqlite")
        self.noted: list[Noted] = []
        self.registry = CollectorRegistry()
        settings = settings or NotifySettings(
            channels=tuple(channels), retry_s=0.01, escalate_after_s=60.0
        )
        self.dispatcher = Dispatcher(
            channels,
            composer_of(made.directory, settings=settings),
            Report(NotifyMetrics(self.registry), noted=self._note, heard=lambda _: None),
            store=self.store,
            directory=made.directory,
            settings=settings,
        )

    def _note(self, noted: Noted) -> None:
        self.noted.append(noted)
        if noted.incident in self.made.book.incidents:
            deliver(
                self.made.book, noted.incident, noted.number, noted.delivery, is_done=noted.is_done
            )

    async def accept(self, *events: Event) -> None:
        await self.dispatcher.accept(events, self.made.book.picture)

    def is_idle(self) -> bool:
        """Whether all is told, written down and reported."""
        return bool(self.noted) and self.noted[-1].is_done


@asynccontextmanager
async def office(
    made: Town,
    path: Path,
    channels: Mapping[str, Channel],
    settings: NotifySettings | None = None,
) -> AsyncIterator[Office]:
    """Run a dispatcher, from what its store holds."""
    found = Office(made, path, channels, settings)
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


async def tell_once(stand: Stand, message: Message) -> Outcome:
    channel = stand.channel()
    try:
        return (await channel.tell(message)).outcome
    finally:
        await channel.close()


async def test_a_message_gets_through(stand: Stand) -> None:
    made = town(city())
    assert await tell_once(stand, message_of(cut(made), made)) is Outcome.DELIVERED
    assert stand.told() == [Kind.OPENED]


async def test_what_the_receiver_answers_decides_what_becomes_of_a_message(stand: Stand) -> None:
    made = town(city())
    message = message_of(cut(made), made)
    found = {}
    for how in stand.trouble:
        stand.behave(how)
        found[how] = await tell_once(stand, message)
    assert found == dict(stand.trouble)


async def test_a_receiver_that_is_not_there_is_an_answer(stand: Stand) -> None:
    made = town(city())
    stand.stop()
    assert await tell_once(stand, message_of(cut(made), made)) is Outcome.BUSY


async def test_no_secret_is_in_an_answer_or_in_the_log(
    stand: Stand, caplog: pytest.LogCaptureFixture
) -> None:
    made = town(city())
    message = message_of(cut(made), made)
    _set_up_logging("debug")
    with caplog.at_level(logging.DEBUG):
        for how in ("well", stand.echo, *stand.trouble):
            stand.behave(how)
            channel = stand.channel()
            answer = await channel.tell(message)
            assert not any(secret in repr(answer) for secret in stand.secrets), how
            assert not any(secret in repr(channel) for secret in stand.secrets)
            await channel.close()
        stand.stop()
        channel = stand.channel()
        answer = await channel.tell(message)
        await channel.close()
    assert not any(secret in repr(answer) for secret in stand.secrets)
    assert not any(secret in caplog.text for secret in stand.secrets)
    assert stand.secrets


async def test_the_same_told_again_is_told_once(stand: Stand) -> None:
    if not stand.knows_keys:
        return
    made = town(city())
    message = message_of(cut(made), made)
    assert await tell_once(stand, message) is Outcome.DELIVERED
    assert await tell_once(stand, message) is Outcome.DELIVERED
    assert stand.told() == [Kind.OPENED]


async def test_nothing_is_lost_while_the_receiver_is_away_or_ill(
    stand: Stand, tmp_path: Path
) -> None:
    made = town(city())
    event = cut(made)
    ill = next(how for how, outcome in stand.trouble.items() if outcome is Outcome.BUSY)
    stand.stop()
    async with office(made, tmp_path, {"main": stand.channel()}) as found:
        await found.accept(event)
        await eventually(lambda: len(found.noted) > 0)
        stand.behave(ill)
        stand.start()
        await eventually(lambda: len(tries(found, event)) > 3)
        stand.behave("well")
        await eventually(found.is_idle)
        assert stand.told() == [Kind.OPENED]
        assert tries(found, event)[-1].outcome is Outcome.DELIVERED
    (entry,) = made.book.incidents[event.incident.id].ledger
    assert entry.is_done
    assert [one.is_delivered for one in entry.deliveries] == [False, True]


async def test_a_restart_tells_nobody_again_and_the_end_is_told(
    stand: Stand, tmp_path: Path
) -> None:
    made = town(city())
    event = cut(made)
    async with office(made, tmp_path, {"main": stand.channel()}) as found:
        await found.accept(event)
        await eventually(found.is_idle)
    async with office(made, tmp_path, {"main": stand.channel()}) as found:
        await found.accept(event)
        await eventually(found.is_idle)
        assert stand.told() == [Kind.OPENED]
        assert len(tries(found, event)) == 1
        await found.accept(mend(made))
        await eventually(lambda: not found.dispatcher.conversations)
    assert stand.told() == [Kind.OPENED, Kind.RESOLVED]
    async with office(made, tmp_path, {"main": stand.channel()}) as found:
        assert not found.dispatcher.conversations
    assert stand.told() == [Kind.OPENED, Kind.RESOLVED]


async def test_no_secret_is_in_the_ledger(stand: Stand, tmp_path: Path) -> None:
    made = town(city())
    event = cut(made)
    stand.behave(stand.echo)
    async with office(made, tmp_path, {"main": stand.channel()}) as found:
        await found.accept(event)
        await eventually(lambda: len(found.noted) > 0)
        tried = tries(found, event)
        stand.behave("well")
    kept = (tmp_path / "store.sqlite").read_bytes()
    kept += (tmp_path / "store.sqlite-wal").read_bytes() if has_wal(tmp_path) else b""
    assert tried[0].outcome is not Outcome.DELIVERED
    assert not any(secret in repr(tried) for secret in stand.secrets)
    assert not any(secret.encode() in kept for secret in stand.secrets)
    assert not any(secret.encode() in msgspec.json.encode(found.noted) for secret in stand.secrets)


def has_wal(path: Path) -> bool:
    return (path / "store.sqlite-wal").exists()


def tries(found: Office, event: Event) -> list[ledger.Attempt]:
    return ledger.attempts(found.store, event.incident.id)
