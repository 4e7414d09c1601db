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
from thongsuot_collector.notify.message import ChannelOutcome, NotificationMessage, PartyContact
from thongsuot_collector.watch.absence import (
    Absence,
    AbsenceChange,
    AddressReport,
    next_absence,
    shared_problem,
)
from thongsuot_collector.watch.message import message_of
from thongsuot_collector.watch.settings import WatchedCollector, WatchSettings
from thongsuot_schema.words.language import Language

_READY, _LEADER = "/readyz", "/leader"
_SAID_CHARACTERS = 200
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
    ) -> None:
        self._settings = settings
        self._channels = channels
        self._now_ns = now_ns
        self._contact = PartyContact(
            title=settings.title, emails=settings.emails, phones=settings.phones
        )
        self._file = Path(settings.state_file)
        self._absences = _loaded(self._file)

    async def run(self) -> None:
        """Watch until cancelled."""
        async with asyncio.TaskGroup() as group:
            for watched in self._settings.collectors:
                group.create_task(self._watch(watched, group))

    async def _watch(self, watched: WatchedCollector, group: asyncio.TaskGroup) -> None:
        transport = ClosingTransport(verify=client_context(watched.ca_file), trust_env=False)
        limit_s = self._settings.timeout_s
        async with httpx.AsyncClient(
            transport=transport, timeout=limit_s, trust_env=False
        ) as client:
            while True:
                problem = await self._problem_of(client, watched)
                change = self._note(watched.name, problem)
                if change is not None:
                    for name, (channel, language) in self._channels.items():
                        message = message_of(
                            watched.name, change, self._contact, language, self._now_ns()
                        )
                        group.create_task(self._notify_people(name, channel, message))
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
            async with asyncio.timeout(self._settings.timeout_s):
                response = await client.get(url.rstrip("/") + path)
        except TimeoutError:
            return f"no answer within {self._settings.timeout_s:g} s"
        except httpx.HTTPError as error:
            return f"{type(error).__name__}: {error}"[:_SAID_CHARACTERS]
        if response.status_code == httpx.codes.OK:
            return ""
        return f"{response.status_code} {response.text[:_SAID_CHARACTERS]}".strip()

    def _note(self, name: str, problem: str) -> AbsenceChange | None:
        before = self._absences.get(name)
        absence, change = next_absence(
            before, problem, self._now_ns(), after_s=self._settings.after_s
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
            self._save()
        return change

    async def _notify_people(
        self, name: str, channel: Channel, message: NotificationMessage
    ) -> None:
        """Send until it is delivered or finally refused; the key is the same each time."""
        wait_s = 1.0
        while True:
            result = await channel.send(message)
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
            message = msgspec.structs.replace(
                message, memo=message.memo if result.memo is None else result.memo
            )
            await asyncio.sleep(max(wait_s, min(result.retry_after_s, _LONGEST_RETRY_S)))
            wait_s = min(wait_s * 2, _LONGEST_RETRY_S)

    def _save(self) -> None:
        notified = {name: absence for name, absence in self._absences.items() if absence.is_told}
        half = self._file.with_name(self._file.name + ".tmp")
        try:
            half.write_bytes(msgspec.json.encode(notified))
            half.replace(self._file)
        except OSError as error:
            _log.warning(
                "cannot write %s: %s; after a restart people may be notified twice", half, error
            )


def _loaded(file: Path) -> dict[str, Absence]:
    try:
        return msgspec.json.decode(file.read_bytes(), type=dict[str, Absence])
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError) as error:
        _log.warning("cannot read %s: %s; people may be notified twice", file, error)
        return {}
