"""Dispatcher: takes what is to be told, and goes on until it is known that it was."""

import asyncio
import logging
import random as random_
import time
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Engine

from thongsuot_collector.directory import Directory
from thongsuot_collector.incidents.incident import Event
from thongsuot_collector.incidents.ledger import Delivery
from thongsuot_collector.incidents.party import Responsible
from thongsuot_collector.incidents.picture import Picture
from thongsuot_collector.incidents.trouble import NS_PER_S
from thongsuot_collector.notify.content.comparison import comparison_of
from thongsuot_collector.notify.telling import board, ledger
from thongsuot_collector.notify.telling.channel import Channel
from thongsuot_collector.notify.telling.composer import Composer
from thongsuot_collector.notify.telling.conversation import Conversation
from thongsuot_collector.notify.telling.line import Line
from thongsuot_collector.notify.telling.message import Answer, Message, Outcome
from thongsuot_collector.notify.telling.progress import (
    Patience,
    Readiness,
    Say,
    advanced,
    answered,
    continued,
    revived,
    started,
    trying,
)
from thongsuot_collector.notify.telling.report import Noted, Report
from thongsuot_collector.notify.telling.routing import audiences, way_of
from thongsuot_collector.notify.telling.settings import NotifySettings
from thongsuot_collector.notify.telling.shelf import Key, Shelf
from thongsuot_schema.batch import push
from thongsuot_schema.page.view import Notification

_LONGEST_WAIT_S = 60.0
"""A clock that steps must not make anybody wait for long."""

_log = logging.getLogger(__name__)


class Dispatcher:
    """
    Tells parties by their channels.

    ``channels`` are those of the configuration, by name.
    """

    def __init__(
        self,
        channels: Mapping[str, Channel],
        composer: Composer,
        report: Report,
        *,
        store: Engine,
        directory: Directory,
        settings: NotifySettings,
        now_ns: Callable[[], int] = time.time_ns,
        random: Callable[[], float] = random_.random,
    ) -> None:
        self.channels = dict(channels)
        self.composer = composer
        self.report = report
        self.now_ns = now_ns
        self._directory = directory
        self._settings = settings
        self._patience = Patience(
            escalate_s=settings.escalate_after_s,
            give_up_s=settings.give_up_after_s,
            retry_s=settings.retry_s,
        )
        self._random = random
        self._lines: dict[str, Line] = {}
        self._shelf = Shelf(store)
        self._wakes: dict[Key, asyncio.Event] = {}
        self._work: asyncio.Queue[Key] = asyncio.Queue()

    @property
    def conversations(self) -> Sequence[Conversation]:
        """All conversations that are not over."""
        return self._shelf.conversations

    # What others ask and say.

    async def load(self) -> None:
        """Take up what the store holds: before anything else."""
        await self._shelf.load()

    async def accept(self, events: Sequence[Event], picture: Picture) -> None:
        """
        Take over events; returns when they are durable. The same event again changes nothing.
        """
        wanted = [
            (event, audience) for event in events for audience in audiences(event, self._settings)
        ]
        for event, audience in wanted:
            await self._shelf.recall((event.incident.id, audience))
        keys = [self._take(event, audience, picture) for event, audience in wanted]
        await self._shelf.save(keys)
        for key in dict.fromkeys(keys):
            self.wake(key)

    def told(self, site: str) -> tuple[Notification, ...]:
        """Return who was told of a site's open faults, for ``SiteView.told``."""
        return board.notifications(site, self._shelf.of_site(site), self.word_of)

    def told_push(self, site: str) -> tuple[push.Told, ...]:
        """Return the same for ``push.Answer.told``."""
        return board.told(site, self._shelf.of_site(site), self.word_of)

    def measure(self) -> None:
        """Bring the gauges up to date."""
        since_ns = {name: self.line(name).failing_since_ns for name in self.channels}
        self.report.measure(self._shelf.conversations, since_ns)

    # What runs.

    async def run(self) -> None:
        """Tell for ever; what is under way when it is cancelled is told again by the next run."""
        self._wakes.clear()
        for key in self._shelf:
            if not self._shelf[key].is_settled:
                self._work.put_nowait(key)
        async with asyncio.TaskGroup() as group:
            while True:
                key = await self._work.get()
                if key not in self._wakes and key in self._shelf:
                    self._wakes[key] = asyncio.Event()
                    group.create_task(self._tell(key), name=f"tell {key[0]} {key[1]}")

    async def close(self) -> None:
        """Let what was answered be written down, and let go of what the channels opened."""
        await self._shelf.written()
        for channel in self.channels.values():
            await channel.close()

    async def forget(self, *, before_ns: int) -> None:
        """Drop from the store what was over before a time."""
        await self._shelf.forget(before_ns=before_ns)

    # For those who listen to receivers.

    def line(self, channel: str) -> Line:
        """Return how a channel is doing."""
        if channel not in self._lines:
            self._lines[channel] = Line(
                ill_after_s=self._settings.escalate_after_s,
                random=self._random,
                first_s=self._settings.retry_s,
            )
        return self._lines[channel]

    def word_of(self, channel: str) -> str:
        """Return what people call a channel."""
        found = self.channels.get(channel)
        return channel if found is None else found.word

    async def update(self, key: Key, change: Callable[[Conversation], Conversation]) -> None:
        """Change a conversation that is not over, and keep it."""
        if key in self._shelf:
            self._shelf.put(key, change(self._shelf[key]))
            await self._shelf.save([key])

    def wake(self, key: Key) -> None:
        """Look at a conversation again."""
        if key in self._wakes:
            self._wakes[key].set()
        else:
            self._work.put_nowait(key)

    # How it is done.

    def _take(self, event: Event, audience: Responsible, picture: Picture) -> Key:
        key = event.incident.id, audience
        routes = way_of(audience, self._directory, self._settings).routes
        comparison = comparison_of(event.incident, picture)
        before = self._shelf.get(key)
        if before is None:
            self._shelf.put(key, started(event, audience, routes, comparison, now_ns=self.now_ns()))
            if not routes:
                self.report.unreachable(self._shelf[key])
            return key
        self._shelf.put(key, continued(before, event, routes, comparison, now_ns=self.now_ns()))
        if self._shelf[key] is before:
            if event.entry.number < before.wanted.entry.number or before.is_settled:
                self._note(key, event, None)
        elif not before.is_settled:
            self._note(key, before.wanted, None)
        return key

    async def _tell(self, key: Key) -> None:
        """Go on with one conversation until there is nothing to do."""
        wake = self._wakes[key]
        while True:
            wake.clear()
            before = self._shelf[key]
            now_ns = self.now_ns()
            after, step = advanced(before, now_ns, self._readiness, self._patience)
            self._shelf.put(key, after)
            self.report.escalated(before, after)
            if isinstance(step, Say):
                await self._try(key, step)
                continue
            if after.is_settled:
                break
            wait_s = _LONGEST_WAIT_S
            if step.until_ns is not None:
                wait_s = min(wait_s, max(0.001, (step.until_ns - now_ns) / NS_PER_S))
            try:
                async with asyncio.timeout(wait_s):
                    await wake.wait()
            except TimeoutError:
                continue
        self._note(key, self._shelf[key].wanted, None)
        await self._shelf.save([key])
        del self._wakes[key]
        if not self._shelf[key].is_settled:
            # Something new came while that was written down.
            self._work.put_nowait(key)
        elif not self._shelf[key].is_open:
            self._shelf.drop(key)

    async def _try(self, key: Key, say: Say) -> None:
        channel = say.route.partition(":")[0]
        line = self.line(channel)
        async with line.turns:
            tried = self._shelf[key]
            # While it waited for its turn the channel may have failed others, or news have come.
            if advanced(tried, self.now_ns(), self._readiness, self._patience)[1] != say:
                return
            under_way = trying(tried, say.route)
            self._shelf.put(key, under_way)
            await self._shelf.save([key])
            began_ns = self.now_ns()
            # What is said is what was decided on, also if news have come since: they are next.
            answer = await self._answer(channel, under_way, say)
            now_ns = self.now_ns()
            after = answered(
                self._shelf[key], say, tried, answer, now_ns=now_ns, patience=self._patience
            )
            self._shelf.put(key, after)
        attempt = ledger.Attempt(
            incident=key[0],
            entry=tried.wanted.entry.number,
            audience=str(key[1]),
            channel=say.route,
            kind=say.kind,
            began_ns=began_ns,
            took_ns=now_ns - began_ns,
            outcome=answer.outcome,
            reference=self._shelf[key].leg(say.route).reference,
            text=answer.text,
        )
        # What was answered is not forgotten because the process is about to end.
        await asyncio.shield(self._shelf.save([key], attempt))
        self._learn(line, attempt, tried, answer)

    async def _answer(self, channel: str, conversation: Conversation, say: Say) -> Answer:
        found = self.channels.get(channel)
        if found is None:
            return Answer(outcome=Outcome.SHUT, text=f"there is no channel {channel!r} any more")
        try:
            return await found.tell(self._message(conversation, say))
        except Exception as error:  # noqa: BLE001 - one message must not stop all the others
            incident = conversation.incident
            _log.exception("cannot tell incident=%s channel=%s: a bug", incident, channel)
            return Answer(outcome=Outcome.REFUSED, text=f"a bug of ours: {type(error).__name__}")

    def _message(self, conversation: Conversation, say: Say) -> Message:
        site = conversation.wanted.incident.members[0].subject.site
        own = conversation.incident, conversation.audience
        others = [one for one in self._shelf.of_site(site) if (one.incident, one.audience) != own]
        found = board.notifications(site, others, self.word_of)
        known = [one for one in found if one.is_delivered]
        return self.composer.message(conversation, say.route, say.kind, told=tuple(known))

    def _learn(
        self, line: Line, attempt: ledger.Attempt, tried: Conversation, answer: Answer
    ) -> None:
        """Draw the conclusions of a try: for the channel, for the incident, for who looks on."""
        now_ns = attempt.began_ns + attempt.took_ns
        was_failing = line.failing_since_ns > 0
        is_news = line.note(answer, began_ns=attempt.began_ns, now_ns=now_ns)
        self.report.tried(attempt, tried, is_news=is_news)
        delivery = Delivery(
            channel=attempt.channel,
            at_ns=now_ns,
            is_delivered=answer.outcome is Outcome.DELIVERED,
            reference=attempt.reference,
            text=answer.text,
        )
        if delivery.is_delivered or not tried.leg(attempt.channel).attempts:
            # The incident keeps the first failure; the store keeps all.
            self._note((attempt.incident, tried.audience), tried.wanted, delivery)
        if was_failing and not line.failing_since_ns:
            channel = attempt.channel.partition(":")[0]
            for key, wake in self._wakes.items():
                self._shelf.put(key, revived(self._shelf[key], channel))
                wake.set()

    def _note(self, key: Key, event: Event, delivery: Delivery | None) -> None:
        """Report on an entry to the incident, if it was for this party (not for who looks on)."""
        if event.entry.party != key[1]:
            return
        now = self._shelf.get(key)
        is_overtaken = now is None or now.wanted.entry.number > event.entry.number
        is_done = is_overtaken or (now is not None and now.is_settled)
        self.report.noted(
            Noted(incident=key[0], number=event.entry.number, delivery=delivery, is_done=is_done)
        )

    def _readiness(self, channel: str) -> Readiness:
        return self.line(channel).readiness(self.now_ns())
