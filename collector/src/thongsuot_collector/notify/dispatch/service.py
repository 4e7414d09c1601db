"""
Notification service: accepts notification events, and retries until the parties have them.

A ``NotificationEvent`` becomes a ``NotificationThread`` for each party, the only form that is kept
here; all forms of a fault, on the way to a channel and back, are listed in ARCHITECTURE.md.
"""

import asyncio
import contextlib
import logging
import random as random_
import time
from collections.abc import Callable, Mapping, Sequence

from sqlalchemy import Engine

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import Incident, NotificationEvent
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.incidents.notification_log import DeliveryAttempt
from thongsuot_collector.incidents.party import CITY, ResponsibleParty
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.contract import Channel
from thongsuot_collector.notify.dispatch.channel_health import ChannelHealth, HealthByChannel
from thongsuot_collector.notify.dispatch.composer import MessageComposer
from thongsuot_collector.notify.dispatch.delivery_log import DeliveryLogEntry, entry_of
from thongsuot_collector.notify.dispatch.digest import DigestBatch, DigestGate
from thongsuot_collector.notify.dispatch.feedback import IncidentRecorder, RecordQueue
from thongsuot_collector.notify.dispatch.incident_watch import IncidentWatch
from thongsuot_collector.notify.dispatch.metrics import NotifyMetrics
from thongsuot_collector.notify.dispatch.notification_store import NotificationStore, ThreadKey
from thongsuot_collector.notify.dispatch.notified import NotifiedSites
from thongsuot_collector.notify.dispatch.polling import ReceiverPoller
from thongsuot_collector.notify.dispatch.quiet_hours import QuietHours
from thongsuot_collector.notify.dispatch.routing import audiences_of, routes_of
from thongsuot_collector.notify.dispatch.sender import Sender
from thongsuot_collector.notify.dispatch.status_handler import StatusHandler
from thongsuot_collector.notify.dispatch.thread import NotificationThread
from thongsuot_collector.notify.dispatch.transitions import (
    ChannelReadiness,
    RetryPolicy,
    Send,
    apply_result,
    continue_thread,
    mark_sending,
    next_steps,
    reset_backoff,
    start_thread,
)
from thongsuot_collector.notify.message import ChannelOutcome, ChannelResult
from thongsuot_collector.notify.render.comparison import comparison_of
from thongsuot_collector.notify.settings import DAY_S, NotifySettings
from thongsuot_schema.batch import push
from thongsuot_schema.view import PartyNotification

RETENTION_S = 400 * DAY_S
"""Disputes about a month need its delivery log, and take their time."""

_PRUNE_EVERY_S = 3_600.0

_LONGEST_WAIT_S = 60.0
"""A clock step must not cause a long wait."""

_log = logging.getLogger(__name__)


class NotificationService:
    """
    Notifies parties by their channels.

    Created first; the consumer of the incidents calls ``enqueue``, and ``run`` receives that
    consumer. Its pending notifications are accepted whenever ``run`` begins, so a crash loses no
    enqueued notification. ``channels`` are those of the configuration, by name.
    """

    def __init__(
        self,
        channels: Mapping[str, Channel],
        composer: MessageComposer,
        metrics: NotifyMetrics,
        *,
        store: Engine,
        directory: InventoryDirectory,
        settings: NotifySettings,
        now_ns: Callable[[], int] = time.time_ns,
        random: Callable[[], float] = random_.random,
    ) -> None:
        self.channels = dict(channels)
        self._metrics = metrics
        self._directory = directory
        self._settings = settings
        self._now_ns = now_ns
        self._policy = RetryPolicy(
            escalate_s=settings.escalate_after_s,
            give_up_s=settings.give_up_after_s,
            retry_s=settings.retry_s,
        )
        self._health = HealthByChannel(settings, random=random)
        self._digests = DigestGate(settings, monotonic_s=time.monotonic)
        self._quiet = QuietHours(settings)
        self._store = NotificationStore(store)
        self._records = RecordQueue()
        self.sender = Sender(self.channels, composer, self._store)
        self._notified = NotifiedSites(self._store, self.sender.display_name_of)
        statuses = StatusHandler(self._store, self._records, now_ns=now_ns)
        self._watch = IncidentWatch(
            self._store,
            metrics,
            directory=directory,
            settings=settings,
            wake=self._wake,
            now_ns=now_ns,
        )
        self._poller = ReceiverPoller(
            self.channels,
            self._store,
            composer,
            self._health,
            sender=self.sender,
            on_status=statuses.accept,
            now_ns=now_ns,
        )
        self._incoming: asyncio.Queue[tuple[NotificationEvent, ...]] = asyncio.Queue()
        self._wakes: dict[ThreadKey, asyncio.Event] = {}
        self._work: asyncio.Queue[ThreadKey] = asyncio.Queue()

    # The interface to other parts.

    @property
    def threads(self) -> Sequence[NotificationThread]:
        """All threads that are not over."""
        return self._store.threads

    def enqueue(self, notifications: tuple[NotificationEvent, ...]) -> None:
        """Queue notifications; their incidents are durable already."""
        self._incoming.put_nowait(notifications)

    async def load(self) -> None:
        """Load the store: before anything else, or again if another collector writes it."""
        await self._store.refresh()

    async def accept(
        self, notifications: Sequence[NotificationEvent], network_state: NetworkState
    ) -> None:
        """Accept notifications; returns when they are durable. Repeating a call changes nothing."""
        wanted = [
            (notification, audience)
            for notification in notifications
            for audience in await self._audiences(notification)
        ]
        keys = [
            self._accept_one(notification, audience, network_state)
            for notification, audience in wanted
        ]
        await self._store.save(keys)
        for key in dict.fromkeys(keys):
            self._wake(key)

    def site_notifications(self, site: str) -> tuple[PartyNotification, ...]:
        """Return the notified parties of a site's open faults, for the pages of the site."""
        return self._notified.notifications(site)

    def site_incidents(
        self, site: str, current: Mapping[str, Incident]
    ) -> tuple[push.SiteIncident, ...]:
        """Return the open incidents of a site's faults; ``current`` has their present state."""
        return self._notified.incidents(site, current)

    def notified_parties(self, site: str) -> tuple[push.SentNotification, ...]:
        """Return the same for the answer to a push."""
        return self._notified.parties(site)

    def update_metrics(self) -> None:
        """Update the gauges."""
        since_ns = {name: self._health.of(name).failing_since_ns for name in self.channels}
        self._metrics.update(self._store.threads, since_ns)

    def display_name_of(self, channel: str) -> str:
        """Return the display name of a channel."""
        return self.sender.display_name_of(channel)

    def poll_now(self, channel: str) -> bool:
        """Poll a channel's receiver now, after its callback; return whether the channel exists."""
        return self._poller.poll_now(channel)

    # The tasks.

    async def run(self, incidents: IncidentRecorder) -> None:
        """Notify, resend, poll and prune until cancelled; may be run again."""
        await self.accept(incidents.pending_notifications(), incidents.registry.network_state)
        self._wakes.clear()
        for key in self._store:
            if not self._store[key].is_complete:
                self._work.put_nowait(key)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._accept_incoming(incidents), name="accept notifications")
            group.create_task(self._records.run(incidents), name="write into the incidents")
            group.create_task(self._poller.run(), name="poll receivers")
            group.create_task(self._prune(), name="prune the delivery log")
            group.create_task(self._watch.run(incidents), name="watch incidents")
            while True:
                key = await self._work.get()
                if key not in self._wakes and key in self._store:
                    self._wakes[key] = asyncio.Event()
                    group.create_task(self._drive_thread(key), name=f"notify {key[0]} {key[1]}")

    async def close(self) -> None:
        """Wait for pending writes, and close the channels."""
        await self._store.wait_written()
        for channel in self.channels.values():
            await channel.close()

    async def prune(self, *, before_ns: int) -> None:
        """Delete threads that ended before a time from the store."""
        await self._store.prune(before_ns=before_ns)

    async def _accept_incoming(self, incidents: IncidentRecorder) -> None:
        while True:
            notifications = await self._incoming.get()
            await self.accept(notifications, incidents.registry.network_state)

    async def _prune(self) -> None:
        while True:
            await self.prune(before_ns=self._now_ns() - round(RETENTION_S * NS_PER_S))
            await asyncio.sleep(_PRUNE_EVERY_S)

    # The progress of a thread.

    async def _audiences(self, notification: NotificationEvent) -> tuple[ResponsibleParty, ...]:
        """Return the audiences; the city also for later events of an incident escalated to it."""
        audiences = audiences_of(notification, self._settings)
        for audience in (*audiences, CITY):
            await self._store.reload((notification.incident.id, audience))
        city = self._store.get((notification.incident.id, CITY))
        if city is None or city.is_ending or CITY in audiences or not city.news:
            return audiences
        return (*audiences, CITY)

    def _accept_one(
        self,
        notification: NotificationEvent,
        audience: ResponsibleParty,
        network_state: NetworkState,
    ) -> ThreadKey:
        key = notification.incident.id, audience
        routes = routes_of(audience, self._directory, self._settings).routes
        comparison = comparison_of(notification.incident, network_state)
        before, now_ns = self._store.get(key), self._now_ns()
        if before is None:
            thread = start_thread(notification, audience, routes, comparison, now_ns=now_ns)
            self._store.put(key, thread)
            if not thread.routes:
                self._metrics.report_unreachable(thread)
            return key
        after = continue_thread(before, notification, routes, comparison, now_ns=now_ns)
        self._store.put(key, after)
        if after is before:
            is_old = notification.record.number < before.event.record.number
            if is_old or before.is_complete:
                self._record_delivery(key, notification, None)
        elif not before.is_complete:
            self._record_delivery(key, before.event, None)
        return key

    def _wake(self, key: ThreadKey) -> None:
        """Continue a thread."""
        if key in self._wakes:
            self._wakes[key].set()
        else:
            self._work.put_nowait(key)

    async def _drive_thread(self, key: ThreadKey) -> None:
        """Process one thread until there is nothing to do; no route waits for another."""
        wake, sending = self._wakes[key], set[str]()
        async with asyncio.TaskGroup() as group:
            while True:
                wake.clear()
                before, now_ns = self._store[key], self._now_ns()
                after, steps = next_steps(
                    before, now_ns, self._readiness_for(before), self._policy, busy=sending
                )
                self._store.put(key, after)
                self._metrics.report_escalation(before, after)
                for step in steps.sends:
                    sending.add(step.route)
                    group.create_task(self._attempt_and_wake(key, step, sending))
                if after.is_complete and not sending:
                    break
                wait_s = _LONGEST_WAIT_S
                if steps.until_ns is not None:
                    wait_s = min(wait_s, max(0.001, (steps.until_ns - now_ns) / NS_PER_S))
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait_s):
                        await wake.wait()
        self._record_delivery(key, self._store[key].event, None)
        await self._store.save([key])
        del self._wakes[key]
        if not self._store[key].is_complete:
            # The thread changed during the write.
            self._work.put_nowait(key)
        elif not self._store[key].is_open:
            self._store.drop(key)

    async def _attempt_and_wake(self, key: ThreadKey, step: Send, sending: set[str]) -> None:
        """Make one attempt by a route, and continue the thread from its result."""
        try:
            await self._attempt(key, step)
        finally:
            sending.discard(step.route)
            self._wakes[key].set()

    async def _attempt(self, key: ThreadKey, step: Send) -> None:
        channel = step.route.partition(":")[0]
        is_read = self.sender.is_read_by_people(channel)
        batch = self._digests.join(step.route, self._store[key]) if is_read else None
        # A waiting member of a digest must not hold a slot.
        async with self._health.of(channel).slots if batch is None else batch.member():
            await self._attempt_now(key, step, batch)

    async def _attempt_now(self, key: ThreadKey, step: Send, batch: DigestBatch | None) -> None:
        tried = self._store[key]
        # During the wait the channel may have failed for others, or news may have come.
        _, steps = next_steps(tried, self._now_ns(), self._readiness_for(tried), self._policy)
        if step not in steps.sends:
            return
        sending = mark_sending(tried, step.route)
        self._store.put(key, sending)
        await self._store.save([key])
        began_ns = self._now_ns()
        # Send the message that was decided on, even if news have come since: they are next.
        result = await self.sender.send(sending, step, batch)
        now_ns = self._now_ns()
        after = apply_result(
            self._store[key], step, tried, result, now_ns=now_ns, policy=self._policy
        )
        self._store.put(key, after)
        entry = entry_of(tried, step, result, began_ns=began_ns, now_ns=now_ns)
        # The answer is recorded even if the process is about to end.
        await asyncio.shield(self._store.save([key], entry))
        channel = step.route.partition(":")[0]
        self._learn_from(self._health.of(channel), entry, tried, result)

    def _learn_from(
        self,
        health: ChannelHealth,
        entry: DeliveryLogEntry,
        tried: NotificationThread,
        result: ChannelResult,
    ) -> None:
        """Apply the result of an attempt to the channel's health, the incident and the metrics."""
        now_ns = entry.began_ns + entry.took_ns
        was_failing = health.failing_since_ns > 0
        is_worth_logging = health.record(result, began_ns=entry.began_ns, now_ns=now_ns)
        self._metrics.report_attempt(entry, tried, is_worth_logging=is_worth_logging)
        attempt = DeliveryAttempt(
            channel=entry.channel,
            at_ns=now_ns,
            is_delivered=result.outcome is ChannelOutcome.DELIVERED,
            reference=entry.reference,
            text=result.text,
        )
        if attempt.is_delivered or not tried.route_state(entry.channel).attempts:
            # The incident keeps the first failure; the store keeps all.
            self._record_delivery((entry.incident, tried.audience), tried.event, attempt)
        if was_failing and not health.failing_since_ns:
            channel = entry.channel.partition(":")[0]
            for key, wake in self._wakes.items():
                self._store.put(key, reset_backoff(self._store[key], channel))
                wake.set()

    def _record_delivery(
        self, key: ThreadKey, notification: NotificationEvent, attempt: DeliveryAttempt | None
    ) -> None:
        """Record the delivery of a notification in the incident, if it was for this party."""
        if notification.record.party != key[1]:
            return
        thread = self._store.get(key)
        number = notification.record.number
        is_overtaken = thread is None or thread.event.record.number > number
        is_done = is_overtaken or (thread is not None and thread.is_complete)
        self._records.put(
            lambda incidents: incidents.record_delivery(key[0], number, attempt, is_done=is_done)
        )

    def _readiness_for(self, thread: NotificationThread) -> Callable[[str], ChannelReadiness]:
        """Return the readiness of each channel for a thread."""
        now_ns, severity = self._now_ns(), thread.event.incident.severity

        def readiness(channel: str) -> ChannelReadiness:
            is_read = self.sender.is_read_by_people(channel)
            until_ns = self._quiet.until_ns(severity, now_ns) if is_read else 0
            return self._health.of(channel).readiness(now_ns).quiet_until(until_ns)

        return readiness
