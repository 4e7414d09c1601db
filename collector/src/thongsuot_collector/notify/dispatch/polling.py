"""Listening: channels that want to hear again what is open, and those that have news."""

import asyncio
import logging

from thongsuot_collector.incidents.notification_log import NotificationKind
from thongsuot_collector.notify.contract import Polling, Resending
from thongsuot_collector.notify.dispatch.dispatcher import Dispatcher
from thongsuot_collector.notify.dispatch.feedback import ReceiverFeedback
from thongsuot_collector.notify.dispatch.thread import DeliveryState, NotificationThread, RouteState
from thongsuot_collector.notify.dispatch.transitions import with_status
from thongsuot_collector.notify.message import OpenNotification, ReceiverStatus

_CALLS_APART_S = 0.5

_log = logging.getLogger(__name__)


class ReceiverPoller:
    """Keeps up with the receivers of one dispatcher's channels."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._nudges = {
            name: asyncio.Event()
            for name, channel in dispatcher.channels.items()
            if isinstance(channel, Polling)
        }

    async def run(self) -> None:
        """Keep up for ever."""
        async with asyncio.TaskGroup() as group:
            for name, channel in self._dispatcher.channels.items():
                if isinstance(channel, Resending):
                    group.create_task(self._resend(name, channel), name=f"repeat {name}")
                if isinstance(channel, Polling):
                    group.create_task(self._poll(name, channel), name=f"watch {name}")

    def poll_now(self, channel: str) -> bool:
        """Look at a channel now: its receiver has news. Returns whether there is such a channel."""
        found = self._nudges.get(channel)
        if found is not None:
            found.set()
        return found is not None

    async def _resend(self, name: str, channel: Resending) -> None:
        """Say again what is open, also after a start: the receiver may have forgotten all."""
        dispatcher = self._dispatcher
        while True:
            messages = [
                dispatcher.composer.compose(one, leg.route, NotificationKind.UPDATED)
                for one, leg in self._open_by(name)
                if not one.is_ending
            ]
            if messages:
                began_ns = dispatcher.now_ns()
                answer = await channel.resend(messages)
                now_ns = dispatcher.now_ns()
                if dispatcher.health(name).record(answer, began_ns=began_ns, now_ns=now_ns):
                    _log.warning(
                        "repeating channel=%s open=%d outcome=%s: %s",
                        name,
                        len(messages),
                        answer.outcome,
                        answer.text,
                    )
            await asyncio.sleep(channel.resend_s)

    async def _poll(self, name: str, channel: Polling) -> None:
        nudge = self._nudges[name]
        while True:
            nudge.clear()
            known = {leg.thread_id: (one, leg) for one, leg in self._open_by(name) if leg.reference}
            asked = [
                OpenNotification(thread_id=leg.thread_id, reference=leg.reference, memo=leg.memo)
                for _, leg in known.values()
            ]
            for news in await channel.poll(asked):
                if news.thread_id in known:
                    await self._accept_status(*known[news.thread_id], news)
            # Whoever calls again and again does not make us ask again and again.
            await asyncio.sleep(_CALLS_APART_S)
            try:
                async with asyncio.timeout(channel.poll_s):
                    await nudge.wait()
            except TimeoutError:
                continue

    async def _accept_status(
        self, conversation: NotificationThread, leg: RouteState, news: ReceiverStatus
    ) -> None:
        mark = news.revision or news.status
        if mark == leg.receiver_status:
            return
        dispatcher = self._dispatcher
        key = conversation.incident, conversation.audience

        def noted(now: NotificationThread) -> NotificationThread:
            is_same = any(
                one.route == leg.route and one.thread_id == leg.thread_id for one in now.routes
            )
            return with_status(now, leg.route, mark) if is_same else now

        await dispatcher.update(key, noted)
        feedback = ReceiverFeedback(
            incident=conversation.incident,
            audience=conversation.audience,
            channel=leg.channel,
            reference=leg.reference,
            status=news.status,
            text=news.text,
        )
        _log.info(
            "receiver says incident=%s channel=%s reference=%s status=%s",
            feedback.incident,
            feedback.channel,
            feedback.reference,
            feedback.status,
        )
        dispatcher.report.on_feedback(feedback)

    def _open_by(self, channel: str) -> list[tuple[NotificationThread, RouteState]]:
        return [
            (one, leg)
            for one in self._dispatcher.threads
            for leg in one.routes
            if leg.channel == channel and leg.delivery is DeliveryState.YES
        ]
