"""The watcher: checks whether collectors are working, and notifies people when one is not."""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import msgspec

from thongsuot_collector.clients import client_context
from thongsuot_collector.http_transport import ClosingTransport
from thongsuot_collector.notify.contract import Channel
from thongsuot_collector.notify.message import ChannelOutcome, PartyContact
from thongsuot_collector.printable import printable_line
from thongsuot_collector.watch.absence import (
    AbsenceChange,
    AddressReport,
    next_absence,
    shared_problem,
)
from thongsuot_collector.watch.message import message_of
from thongsuot_collector.watch.outbox import WaitingNotification, WatchOutbox
from thongsuot_collector.watch.settings import WatchedCollector, WatchSettings
from thongsuot_schema.words.language import Language

_READY, _LEADER = "/readyz", "/leader"
_SAID_CHARACTERS = 200
_ANSWER_BYTES = 64 * 1024
"""More of an answer is not read: a sentence is expected, from whoever answers at the address."""
_LONGEST_RETRY_S = 60.0
_UNFINISHED = frozenset(
    {ChannelOutcome.RETRY, ChannelOutcome.UNKNOWN, ChannelOutcome.CHANNEL_UNAVAILABLE}
)

_log = logging.getLogger(__name__)

Channels = Mapping[str, tuple[Channel, Language]]


class Watcher:
    """
    Checks each collector in a task of its own, so that a hanging one delays no other.

    ``channels`` are by name, each with the language of its recipients.
    """

    def __init__(
        self,
        settings: WatchSettings,
        channels: Channels,
        *,
        now_ns: Callable[[], int] = time.time_ns,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._channels = channels
        self._now_ns = now_ns
        self._clock = clock
        self._contact = PartyContact(
            title=settings.title, emails=settings.emails, phones=settings.phones
        )
        self._outbox = WatchOutbox(Path(settings.state_file))
        self._absences = self._outbox.told
        self._sending: set[tuple[str, str]] = set()
        """The collectors and channels of which a task sends what waits."""

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as group:
            self._send_waiting(group)
            for watched in self._settings.collectors:
                group.create_task(self._watch(watched, group))

    async def _watch(self, watched: WatchedCollector, group: asyncio.TaskGroup) -> None:
        transport = ClosingTransport(verify=client_context(watched.ca_file), trust_env=False)
        limit_s = self._settings.timeout_s
        async with httpx.AsyncClient(
            transport=transport, timeout=limit_s, trust_env=False
        ) as client:
            checked_s = self._clock()
            while True:
                problem = await self._problem_of(client, watched)
                now_s = self._clock()
                # Of a pause of this machine it is not known whether the collector worked in it.
                passed_s = min(now_s - checked_s, self._settings.every_s + limit_s)
                checked_s = now_s
                change = self._note(watched.name, problem, passed_s)
                if change is not None:
                    self._outbox.put(watched.name, change, [*self._channels], self._now_ns())
                    self._send_waiting(group)
                await asyncio.sleep(self._settings.every_s)

    async def _problem_of(self, client: httpx.AsyncClient, watched: WatchedCollector) -> str:
        """Return why a collector is not working, empty if it is."""
        if not watched.urls:
            return await self._answer_of(client, watched.url, _READY)
        async with asyncio.TaskGroup() as group:
            asked = [
                [
                    group.create_task(self._answer_of(client, url, path))
                    for path in (_READY, _LEADER)
                ]
                for url in watched.urls
            ]
        return shared_problem(
            [
                AddressReport(address=url, problem=ready.result(), leads=not leader.result())
                for url, (ready, leader) in zip(watched.urls, asked, strict=True)
            ]
        )

    async def _answer_of(self, client: httpx.AsyncClient, url: str, path: str) -> str:
        """Return the problem of an address, empty if it answers 200."""
        try:
            # The client's time-out applies between two bytes; this one to the whole answer.
            async with (
                asyncio.timeout(self._settings.timeout_s),
                client.stream("GET", url.rstrip("/") + path) as response,
            ):
                said = bytearray()
                async for part in response.aiter_raw():
                    said += part
                    if len(said) > _ANSWER_BYTES:
                        break
        except TimeoutError:
            return f"no answer within {self._settings.timeout_s:g} s"
        except httpx.HTTPError as error:
            return f"{type(error).__name__}: {error}"[:_SAID_CHARACTERS]
        if response.status_code == httpx.codes.OK:
            return ""
        # By UTF-8, whatever the answer says of itself: it may name what is no encoding of texts.
        text = printable_line(said.decode("utf-8", errors="replace"))
        return f"{response.status_code} {text[:_SAID_CHARACTERS]}".strip()

    def _note(self, name: str, problem: str, passed_s: float) -> AbsenceChange | None:
        before = self._absences.get(name)
        absence, change = next_absence(
            before,
            problem,
            self._now_ns(),
            passed_s=passed_s,
            after_s=self._settings.after_s,
        )
        if absence is None:
            self._absences.pop(name, None)
        else:
            self._absences[name] = absence
        if before is None and absence is not None:
            _log.warning("collector=%s does not judge: %s", name, problem)
        if change is not None:
            word = "is back" if change.is_over else "is told to be away"
            _log.error("collector=%s %s: %s", name, word, change.absence.problem)
        return change

    def _send_waiting(self, group: asyncio.TaskGroup) -> None:
        """Have each channel send what waits for it: of a collector one after the other."""
        for collector, channel in self._outbox.pairs() - self._sending:
            if channel in self._channels:
                self._sending.add((collector, channel))
                group.create_task(self._send_in_order(collector, channel))

    async def _send_in_order(self, collector: str, name: str) -> None:
        while (waiting := self._outbox.next_for(collector, name)) is not None:
            await self._notify_people(waiting)
            self._outbox.remove(waiting)
        self._sending.remove((collector, name))

    async def _notify_people(self, waiting: WaitingNotification) -> None:
        """Send until it is delivered or finally refused; the key is the same each time."""
        wait_s, collector, name = 1.0, waiting.collector, waiting.channel
        channel, language = self._channels[name]
        message = message_of(collector, waiting.change, self._contact, language, waiting.found_ns)
        while True:
            memo = self._outbox.memo(collector, name)
            if memo is not None:
                message = msgspec.structs.replace(message, memo=memo)
            result = await channel.send(message)
            if result.memo is not None and result.memo != memo:
                self._outbox.set_memo(collector, name, result.memo)
            if result.outcome not in _UNFINISHED:
                level = (
                    logging.INFO if result.outcome is ChannelOutcome.DELIVERED else logging.ERROR
                )
                _log.log(level, "notified key=%s by=%s: %s", message.key, name, result.text)
                return
            _log.warning(
                "cannot notify key=%s by=%s: %s; retrying in %.0f s",
                message.key,
                name,
                result.text,
                wait_s,
            )
            await asyncio.sleep(max(wait_s, min(result.retry_after_s, _LONGEST_RETRY_S)))
            wait_s = min(wait_s * 2, _LONGEST_RETRY_S)
