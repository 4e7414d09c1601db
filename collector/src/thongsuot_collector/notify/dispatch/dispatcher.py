"""Dispatcher: takes what is to be told, and goes on until it is known that it was."""

import asyncio
import logging
import random as random_
import time
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Engine

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import NotificationEvent
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.notification_log import DeliveryAttempt
from thongsuot_collector.incidents.party import ResponsibleParty
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.contract import Channel
from thongsuot_collector.notify.dispatch import delivery_log, notified
from thongsuot_collector.notify.dispatch.channel_health import ChannelHealth
from thongsuot_collector.notify.dispatch.composer import MessageComposer
from thongsuot_collector.notify.dispatch.notification_store import NotificationStore, ThreadKey
from thongsuot_collector.notify.dispatch.reporter import DeliveryReporter, DeliveryUpdate
from thongsuot_collector.notify.dispatch.routing import audiences_of, routes_of
from thongsuot_collector.notify.dispatch.thread import NotificationThread
from thongsuot_collector.notify.dispatch.transitions import (
    ChannelReadiness,
    RetryPolicy,
    Send,
    apply_result,
    continue_thread,
    mark_sending,
    next_step,
    reset_backoff,
    start_thread,
)
from thongsuot_collector.notify.message import (
    ChannelOutcome,
    ChannelResult,
    NotificationMessage,
)
from thongsuot_collector.notify.render.comparison import comparison_of
from thongsuot_collector.notify.settings import NotifySettings
from thongsuot_schema.batch import push
from thongsuot_schema.view import PartyNotification

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
        composer: MessageComposer,
        report: DeliveryReporter,
        *,
        store: Engine,
        directory: InventoryDirectory,
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
        self._patience = RetryPolicy(
            escalate_s=settings.escalate_after_s,
            give_up_s=settings.give_up_after_s,
            retry_s=settings.retry_s,
        )
        self._random = random
        self._lines: dict[str, ChannelHealth] = {}
        self._shelf = NotificationStore(store)
        self._wakes: dict[ThreadKey, asyncio.Event] = {}
        self._work: asyncio.Queue[ThreadKey] = asyncio.Queue()

    @property
    def threads(self) -> Sequence[NotificationThread]:
        """All conversations that are not over."""
        return self._shelf.threads

    # What others ask and say.

    async def load(self) -> None:
        """Take up what the store holds: before anything else."""
        await self._shelf.load()

    async def accept(self, events: Sequence[NotificationEvent], picture: NetworkState) -> None:
        """
        Take over events; returns when they are durable. The same event again changes nothing.
        """
        wanted = [
            (event, audience)
            for event in events
            for audience in audiences_of(event, self._settings)
        ]
        for event, audience in wanted:
            await self._shelf.reload((event.incident.id, audience))
        keys = [self._accept_event(event, audience, picture) for event, audience in wanted]
        await self._shelf.save(keys)
        for key in dict.fromkeys(keys):
            self.wake(key)

    def site_notifications(self, site: str) -> tuple[PartyNotification, ...]:
        """Return who was told of a site's open faults, for ``SiteView.notified_parties``."""
        return notified.site_notifications(site, self._shelf.of_site(site), self.display_name_of)

    def notified_parties(self, site: str) -> tuple[push.SentNotification, ...]:
        """Return the same for ``push.ChannelResult.notified_parties``."""
        return notified.notified_parties(site, self._shelf.of_site(site), self.display_name_of)

    def update_metrics(self) -> None:
        """Bring the gauges up to date."""
        since_ns = {name: self.health(name).failing_since_ns for name in self.channels}
        self.report.update_metrics(self._shelf.threads, since_ns)

    # What runs.

    async def run(self) -> None:
        """Tell for ever; what is under way when it is cancelled is told again by the next run."""
        self._wakes.clear()
        for key in self._shelf:
            if not self._shelf[key].is_complete:
                self._work.put_nowait(key)
        async with asyncio.TaskGroup() as group:
            while True:
                key = await self._work.get()
                if key not in self._wakes and key in self._shelf:
                    self._wakes[key] = asyncio.Event()
                    group.create_task(self._drive_thread(key), name=f"tell {key[0]} {key[1]}")

    async def close(self) -> None:
        """Let what was answered be written down, and let go of what the channels opened."""
        await self._shelf.wait_written()
        for channel in self.channels.values():
            await channel.close()

    async def prune(self, *, before_ns: int) -> None:
        """Drop from the store what was over before a time."""
        await self._shelf.prune(before_ns=before_ns)

    # For those who listen to receivers.

    def health(self, channel: str) -> ChannelHealth:
        """Return how a channel is doing."""
        if channel not in self._lines:
            self._lines[channel] = ChannelHealth(
                ill_after_s=self._settings.escalate_after_s,
                random=self._random,
                first_s=self._settings.retry_s,
            )
        return self._lines[channel]

    def display_name_of(self, channel: str) -> str:
        """Return what people call a channel."""
        found = self.channels.get(channel)
        return channel if found is None else found.display_name

    async def update(
        self, key: ThreadKey, change: Callable[[NotificationThread], NotificationThread]
    ) -> None:
        """Change a conversation that is not over, and keep it."""
        if key in self._shelf:
            self._shelf.put(key, change(self._shelf[key]))
            await self._shelf.save([key])

    def wake(self, key: ThreadKey) -> None:
        """Look at a conversation again."""
        if key in self._wakes:
            self._wakes[key].set()
        else:
            self._work.put_nowait(key)

    # How it is done.

    def _accept_event(
        self, event: NotificationEvent, audience: ResponsibleParty, picture: NetworkState
    ) -> ThreadKey:
        key = event.incident.id, audience
        routes = routes_of(audience, self._directory, self._settings).routes
        comparison = comparison_of(event.incident, picture)
        before = self._shelf.get(key)
        if before is None:
            self._shelf.put(
                key, start_thread(event, audience, routes, comparison, now_ns=self.now_ns())
            )
            if not routes:
                self.report.report_unreachable(self._shelf[key])
            return key
        self._shelf.put(
            key, continue_thread(before, event, routes, comparison, now_ns=self.now_ns())
        )
        if self._shelf[key] is before:
            if event.record.number < before.event.record.number or before.is_complete:
                self._report_entry(key, event, None)
        elif not before.is_complete:
            self._report_entry(key, before.event, None)
        return key

    async def _drive_thread(self, key: ThreadKey) -> None:
        """Go on with one conversation until there is nothing to do."""
        wake = self._wakes[key]
        while True:
            wake.clear()
            before = self._shelf[key]
            now_ns = self.now_ns()
            after, step = next_step(before, now_ns, self._readiness, self._patience)
            self._shelf.put(key, after)
            self.report.report_escalation(before, after)
            if isinstance(step, Send):
                await self._attempt(key, step)
                continue
            if after.is_complete:
                break
            wait_s = _LONGEST_WAIT_S
            if step.until_ns is not None:
                wait_s = min(wait_s, max(0.001, (step.until_ns - now_ns) / NS_PER_S))
            try:
                async with asyncio.timeout(wait_s):
                    await wake.wait()
            except TimeoutError:
                continue
        self._report_entry(key, self._shelf[key].event, None)
        await self._shelf.save([key])
        del self._wakes[key]
        if not self._shelf[key].is_complete:
            # Something new came while that was written down.
            self._work.put_nowait(key)
        elif not self._shelf[key].is_open:
            self._shelf.drop(key)

    async def _attempt(self, key: ThreadKey, say: Send) -> None:
        channel = say.route.partition(":")[0]
        line = self.health(channel)
        async with line.slots:
            tried = self._shelf[key]
            # While it waited for its turn the channel may have failed others, or news have come.
            if next_step(tried, self.now_ns(), self._readiness, self._patience)[1] != say:
                return
            under_way = mark_sending(tried, say.route)
            self._shelf.put(key, under_way)
            await self._shelf.save([key])
            began_ns = self.now_ns()
            # What is said is what was decided on, also if news have come since: they are next.
            answer = await self._send(channel, under_way, say)
            now_ns = self.now_ns()
            after = apply_result(
                self._shelf[key], say, tried, answer, now_ns=now_ns, patience=self._patience
            )
            self._shelf.put(key, after)
        attempt = delivery_log.DeliveryLogEntry(
            incident=key[0],
            entry=tried.event.record.number,
            audience=str(key[1]),
            channel=say.route,
            kind=say.kind,
            began_ns=began_ns,
            took_ns=now_ns - began_ns,
            outcome=answer.outcome,
            reference=self._shelf[key].route_state(say.route).reference,
            text=answer.text,
        )
        # What was answered is not forgotten because the process is about to end.
        await asyncio.shield(self._shelf.save([key], attempt))
        self._record_attempt(line, attempt, tried, answer)

    async def _send(
        self, channel: str, conversation: NotificationThread, say: Send
    ) -> ChannelResult:
        found = self.channels.get(channel)
        if found is None:
            return ChannelResult(
                outcome=ChannelOutcome.CHANNEL_UNAVAILABLE,
                text=f"there is no channel {channel!r} any more",
            )
        try:
            return await found.send(self._compose(conversation, say))
        except Exception as error:  # noqa: BLE001 - one message must not stop all the others
            incident = conversation.incident
            _log.exception("cannot tell incident=%s channel=%s: a bug", incident, channel)
            return ChannelResult(
                outcome=ChannelOutcome.REJECTED, text=f"a bug of ours: {type(error).__name__}"
            )

    def _compose(self, conversation: NotificationThread, say: Send) -> NotificationMessage:
        site = conversation.event.incident.members[0].subject.site
        own = conversation.incident, conversation.audience
        others = [one for one in self._shelf.of_site(site) if (one.incident, one.audience) != own]
        found = notified.site_notifications(site, others, self.display_name_of)
        known = [one for one in found if one.is_delivered]
        return self.composer.compose(conversation, say.route, say.kind, told=tuple(known))

    def _record_attempt(
        self,
        line: ChannelHealth,
        attempt: delivery_log.DeliveryLogEntry,
        tried: NotificationThread,
        answer: ChannelResult,
    ) -> None:
        """Draw the conclusions of a try: for the channel, for the incident, for who looks on."""
        now_ns = attempt.began_ns + attempt.took_ns
        was_failing = line.failing_since_ns > 0
        is_news = line.record(answer, began_ns=attempt.began_ns, now_ns=now_ns)
        self.report.report_attempt(attempt, tried, is_news=is_news)
        delivery = DeliveryAttempt(
            channel=attempt.channel,
            at_ns=now_ns,
            is_delivered=answer.outcome is ChannelOutcome.DELIVERED,
            reference=attempt.reference,
            text=answer.text,
        )
        if delivery.is_delivered or not tried.route_state(attempt.channel).attempts:
            # The incident keeps the first failure; the store keeps all.
            self._report_entry((attempt.incident, tried.audience), tried.event, delivery)
        if was_failing and not line.failing_since_ns:
            channel = attempt.channel.partition(":")[0]
            for key, wake in self._wakes.items():
                self._shelf.put(key, reset_backoff(self._shelf[key], channel))
                wake.set()

    def _report_entry(
        self, key: ThreadKey, event: NotificationEvent, delivery: DeliveryAttempt | None
    ) -> None:
        """Report on an entry to the incident, if it was for this party (not for who looks on)."""
        if event.record.party != key[1]:
            return
        now = self._shelf.get(key)
        is_overtaken = now is None or now.event.record.number > event.record.number
        is_done = is_overtaken or (now is not None and now.is_complete)
        self.report.on_update(
            DeliveryUpdate(
                incident=key[0], number=event.record.number, delivery=delivery, is_done=is_done
            )
        )

    def _readiness(self, channel: str) -> ChannelReadiness:
        return self.health(channel).readiness(self.now_ns())
