"""
Digest: messages to one receiver above a rate limit are combined into one.

The first messages of a minute go out at once. Later ones are collected for some seconds and become
one message. Critical ones are counted apart, and never held for more than two seconds: three
hundred mails of one minute are read by nobody. Each incident keeps its own thread, delivery and
line in the log: only the message is shared.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

import msgspec

from thongsuot_collector.incidents.party import Severity
from thongsuot_collector.notify.dispatch.thread import NotificationThread
from thongsuot_collector.notify.message import ChannelOutcome, ChannelResult, NotificationMessage
from thongsuot_collector.notify.settings import NotifySettings
from thongsuot_schema.words.language import Language, Text

WINDOW_S: Final = 60.0
IN_FULL: Final = 10
"""Messages that a digest quotes in full, with their links; of the rest only the subjects."""

CRITICAL_HELD_S: Final = 2.0
"""At most, of critical messages: the party that must act hears of a fault within seconds."""

_HELD_RATIO: Final = 0.8
"""Of the time after which a fallback joins: a held message has not failed."""

SendMessage = Callable[[NotificationMessage], Awaitable[ChannelResult]]


class _Receiver(NamedTuple):
    """What has a rate of its own: critical messages do not wait for others."""

    audience: str
    route: str
    is_critical: bool


class DigestGate:
    """
    Counts the messages of each receiver in the last minute, and holds the batches that collect.
    """

    def __init__(self, settings: NotifySettings, *, monotonic_s: Callable[[], float]) -> None:
        self._above = settings.digest_above
        self._held_s = min(settings.digest_every_s, _HELD_RATIO * settings.escalate_after_s)
        self._monotonic_s = monotonic_s
        self._sent: dict[_Receiver, deque[float]] = {}
        self._gathering: dict[_Receiver, DigestBatch] = {}

    def join(self, route: str, thread: NotificationThread) -> "DigestBatch | None":
        """Return the batch that a message joins; ``None``: it may be sent at once."""
        if not self._above:
            return None
        is_critical = thread.event.incident.severity is Severity.CRITICAL
        held_s = min(CRITICAL_HELD_S, self._held_s) if is_critical else self._held_s
        receiver = _Receiver(str(thread.audience), route, is_critical=is_critical)
        now_s = self._monotonic_s()
        batch = self._gathering.get(receiver)
        if batch is None:
            sent = self._sent.setdefault(receiver, deque(maxlen=self._above))
            if len(sent) < self._above or now_s - sent[0] > WINDOW_S:
                sent.append(now_s)
                return None
            batch = self._gathering[receiver] = DigestBatch()
            loop = asyncio.get_running_loop()
            loop.call_later(held_s, self._release, receiver)
        batch.expected += 1
        return batch

    def _release(self, receiver: "_Receiver") -> None:
        self._gathering.pop(receiver).release()


class DigestBatch:
    """Messages to one receiver that are collected and sent as one; ``expected`` have joined."""

    def __init__(self) -> None:
        self.expected = 0
        self._released = asyncio.Event()
        self._complete = asyncio.Event()
        self._messages: list[NotificationMessage] = []
        self._result: asyncio.Future[ChannelResult] = asyncio.get_running_loop().create_future()

    def release(self) -> None:
        """Release the members: no further member joins."""
        self._released.set()
        self._settle()

    @asynccontextmanager
    async def member(self) -> AsyncIterator[None]:
        """
        Wait until the batch is released; a member that leaves without a message is not waited for.
        """
        before = len(self._messages)
        try:
            await self._released.wait()
            before = len(self._messages)
            yield
        finally:
            if len(self._messages) == before:
                self.expected -= 1
                self._settle()

    async def deliver(
        self, message: NotificationMessage, send: SendMessage, language: Language
    ) -> ChannelResult:
        """Add a message; returns the digest's result once every member has added its own."""
        self._messages.append(message)
        self._settle()
        await self._complete.wait()
        if message is self._messages[0]:
            try:
                self._result.set_result(await send(digest_of(self._messages, language)))
            finally:
                if not self._result.done():
                    text = "the digest was interrupted"
                    unknown = ChannelResult(outcome=ChannelOutcome.UNKNOWN, text=text)
                    self._result.set_result(unknown)
        return await asyncio.shield(self._result)

    def _settle(self) -> None:
        if self._released.is_set() and len(self._messages) >= self.expected:
            self._complete.set()


def digest_of(messages: Sequence[NotificationMessage], language: Language) -> NotificationMessage:
    """Return several messages to one receiver as one; a single message is unchanged."""
    first = messages[0]
    if len(messages) == 1:
        return first
    ordered = sorted(messages, key=lambda message: (message.incident.opened_ns, message.key))
    title = Text("collector.notify.digest.title", count=len(ordered)).read(language)
    subjects = "\n".join(f"- {message.title}" for message in ordered)
    full = [f"{message.title}\n\n{message.body.strip()}" for message in ordered[:IN_FULL]]
    rest = [
        f"- {message.title}\n  {message.document.page_url}".rstrip()
        for message in ordered[IN_FULL:]
    ]
    if rest:
        heading = Text("collector.notify.digest.rest", count=len(rest)).read(language)
        full.append("\n".join([heading, *rest]))
    explained = Text("collector.notify.digest.explained").read(language)
    blocks = [f"{explained}\n\n{subjects}", *full]
    return msgspec.structs.replace(
        first,
        key=f"digest:{first.key}:{len(ordered)}",
        thread_id=f"digest:{first.key}",
        title=title,
        body="\n\n———\n\n".join(blocks) + "\n",
        attachment=msgspec.json.encode([message.document for message in ordered]),
    )
