"""Listening: channels that want to hear again what is open, and those that have news."""

import asyncio
import logging

from thongsuot_collector.incidents.ledger import Kind
from thongsuot_collector.notify.telling.channel import Repeating, Watching
from thongsuot_collector.notify.telling.conversation import Conversation, Leg, Told
from thongsuot_collector.notify.telling.dispatcher import Dispatcher
from thongsuot_collector.notify.telling.feedback import Feedback
from thongsuot_collector.notify.telling.message import News, Open
from thongsuot_collector.notify.telling.progress import with_status

_CALLS_APART_S = 0.5

_log = logging.getLogger(__name__)


class Listener:
    """Keeps up with the receivers of one dispatcher's channels."""

    def __init__(self, dispatcher: Dispatcher) -> None:
        self._dispatcher = dispatcher
        self._nudges = {
            name: asyncio.Event()
            for name, channel in dispatcher.channels.items()
            if isinstance(channel, Watching)
        }

    async def run(self) -> None:
        """Keep up for ever."""
        async with asyncio.TaskGroup() as group:
            for name, channel in self._dispatcher.channels.items():
                if isinstance(channel, Repeating):
                    group.create_task(self._repeat(name, channel), name=f"repeat {name}")
                if isinstance(channel, Watching):
                    group.create_task(self._watch(name, channel), name=f"watch {name}")

    def nudge(self, channel: str) -> bool:
        """Look at a channel now: its receiver has news. Returns whether there is such a channel."""
        found = self._nudges.get(channel)
        if found is not None:
            found.set()
        return found is not None

    async def _repeat(self, name: str, channel: Repeating) -> None:
        """Say again what is open, also after a start: the receiver may have forgotten all."""
        dispatcher = self._dispatcher
        while True:
            messages = [
                dispatcher.composer.message(one, leg.route, Kind.UPDATED)
                for one, leg in self._open_by(name)
                if not one.is_ending
            ]
            if messages:
                began_ns = dispatcher.now_ns()
                answer = await channel.repeat(messages)
                now_ns = dispatcher.now_ns()
                if dispatcher.line(name).note(answer, began_ns=began_ns, now_ns=now_ns):
                    _log.warning(
                        "repeating channel=%s open=%d outcome=%s: %s",
                        name,
                        len(messages),
                        answer.outcome,
                        answer.text,
                    )
            await asyncio.sleep(channel.repeat_s)

    async def _watch(self, name: str, channel: Watching) -> None:
        nudge = self._nudges[name]
        while True:
            nudge.clear()
            known = {leg.name: (one, leg) for one, leg in self._open_by(name) if leg.reference}
            asked = [
                Open(conversation=leg.name, reference=leg.reference, memo=leg.memo)
                for _, leg in known.values()
            ]
            for news in await channel.look(asked):
                if news.conversation in known:
                    await self._take(*known[news.conversation], news)
            # Whoever calls again and again does not make us ask again and again.
            await asyncio.sleep(_CALLS_APART_S)
            try:
                async with asyncio.timeout(channel.look_s):
                    await nudge.wait()
            except TimeoutError:
                continue

    async def _take(self, conversation: Conversation, leg: Leg, news: News) -> None:
        mark = news.mark or news.status
        if mark == leg.status:
            return
        dispatcher = self._dispatcher
        key = conversation.incident, conversation.audience

        def noted(now: Conversation) -> Conversation:
            is_same = any(one.route == leg.route and one.name == leg.name for one in now.legs)
            return with_status(now, leg.route, mark) if is_same else now

        await dispatcher.update(key, noted)
        feedback = Feedback(
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
        dispatcher.report.heard(feedback)

    def _open_by(self, channel: str) -> list[tuple[Conversation, Leg]]:
        return [
            (one, leg)
            for one in self._dispatcher.conversations
            for leg in one.legs
            if leg.channel == channel and leg.told is Told.YES
        ]
