"""
Polling: resends open notifications and recent ends to receivers that do not persist them, and polls
receivers for changes.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from thongsuot_collector.errors import Deposed
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.notify.contract import Channel, Polling, Resending
from thongsuot_collector.notify.dispatch.channel_health import HealthByChannel
from thongsuot_collector.notify.dispatch.composer import MessageComposer
from thongsuot_collector.notify.dispatch.notification_store import NotificationStore
from thongsuot_collector.notify.dispatch.sender import Sender
from thongsuot_collector.notify.dispatch.thread import (
    DeliveryState,
    NotificationThread,
    RouteState,
)
from thongsuot_collector.notify.message import (
    Acceptance,
    NotificationMessage,
    OpenNotification,
    ReceiverStatus,
)

_CALLS_APART_S = 0.5

OnStatus = Callable[[NotificationThread, RouteState, ReceiverStatus], Awaitable[None]]
"""Called with a receiver's status of a notification."""

_log = logging.getLogger(__name__)


class ReceiverPoller:
    """
    Resends and polls for the channels; the sender polls through it before it ends a notification.

    Anything is only sent again if the sender may: a deposed collector that is not aware of it yet
    would reopen notifications that its successor has ended.
    """

    def __init__(
        self,
        channels: Mapping[str, Channel],
        store: NotificationStore,
        composer: MessageComposer,
        health: HealthByChannel,
        *,
        sender: Sender,
        on_status: OnStatus,
        now_ns: Callable[[], int],
    ) -> None:
        self._channels = channels
        self._store = store
        self._composer = composer
        self._health = health
        self._sender = sender
        sender.last_look = self.last_look
        self._on_status = on_status
        self._now_ns = now_ns
        self._polled = {
            name: channel for name, channel in channels.items() if isinstance(channel, Polling)
        }
        self._calls = {name: asyncio.Event() for name in self._polled}

    async def run(self) -> None:
        """Resend and poll until cancelled."""
        async with asyncio.TaskGroup() as group:
            for name, channel in self._channels.items():
                if isinstance(channel, Resending):
                    group.create_task(self._resend(name, channel), name=f"resend {name}")
            for name, polled in self._polled.items():
                group.create_task(self._poll(name, polled), name=f"poll {name}")

    def poll_now(self, channel: str) -> bool:
        """
        Poll a channel's receiver now, after its callback. Returns whether there is such a channel.
        """
        call = self._calls.get(channel)
        if call is not None:
            call.set()
        return call is not None

    async def last_look(self, thread: NotificationThread, route: RouteState) -> None:
        """
        Poll once more before a notification is ended: afterwards it is not polled any more.

        Only acceptance counts: any other status may have been set by an earlier attempt to end it.
        """
        channel = self._polled.get(route.channel)
        if channel is not None and route.reference:
            for status in await channel.poll([_open_notification(route)]):
                if status.acceptance is Acceptance.ACCEPTED:
                    await self._on_status(thread, route, status)

    async def _resend(self, name: str, channel: Resending) -> None:
        """
        Resend open notifications and recent ends, also after a start: the receiver may have lost
        the former, and a part of it may have missed the latter.
        """
        while True:
            messages = await self._messages_to_resend(name, channel)
            if messages:
                if not self._sender.may_send():
                    raise Deposed(f"what is open by channel={name} is not sent again from here")
                began_ns = self._now_ns()
                result = await channel.resend(messages)
                health, now_ns = self._health.of(name), self._now_ns()
                if health.record(result, began_ns=began_ns, now_ns=now_ns):
                    _log.warning(
                        "resending channel=%s messages=%d outcome=%s: %s",
                        name,
                        len(messages),
                        result.outcome,
                        result.text,
                    )
            await asyncio.sleep(channel.resend_s)

    async def _messages_to_resend(
        self, name: str, channel: Resending
    ) -> Sequence[NotificationMessage]:
        since_ns = self._now_ns() - round(channel.end_kept_s * NS_PER_S)
        wanted: list[tuple[NotificationThread, str, NotificationKind]] = []
        for stored, route in await self._store.load_ended(since_ns=since_ns):
            # While another route has not delivered its end, the newest state is in memory.
            thread = self._store.get((stored.incident, stored.audience)) or stored
            if route.partition(":")[0] == name and thread.has_delivered_end(route):
                wanted.append((thread, route, NotificationKind.RESOLVED))
        wanted += [
            (thread, state.route, NotificationKind.UPDATED)
            for thread, state in self._open_by(name)
            if not thread.is_ending
        ]
        messages = []
        for thread, route, kind in wanted:
            messages.append(self._composer.compose(thread, route, kind))
            # A city's storm has hundreds; pushes are answered in between.
            await asyncio.sleep(0)
        return messages

    async def _poll(self, name: str, channel: Polling) -> None:
        call = self._calls[name]
        while True:
            call.clear()
            open_notifications = {
                route.thread_id: (thread, route)
                for thread, route in self._open_by(name)
                if route.reference and not thread.is_ending
            }
            notifications = [_open_notification(route) for _, route in open_notifications.values()]
            for status in await channel.poll(notifications):
                if status.thread_id in open_notifications:
                    await self._on_status(*open_notifications[status.thread_id], status)
            # Frequent callbacks must not cause frequent polls.
            await asyncio.sleep(_CALLS_APART_S)
            try:
                async with asyncio.timeout(channel.poll_s):
                    await call.wait()
            except TimeoutError:
                continue

    def _open_by(self, channel: str) -> list[tuple[NotificationThread, RouteState]]:
        return [
            (thread, route)
            for thread in self._store.threads
            for route in thread.routes
            if route.channel == channel and route.delivery is DeliveryState.YES
        ]


def _open_notification(route: RouteState) -> OpenNotification:
    return OpenNotification(thread_id=route.thread_id, reference=route.reference, memo=route.memo)
