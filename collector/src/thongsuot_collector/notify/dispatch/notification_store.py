"""Shelf: the conversations that are not over, in memory and in the store."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial

from sqlalchemy import Engine

from thongsuot_collector.incidents.party import ResponsibleParty
from thongsuot_collector.notify.dispatch import delivery_log
from thongsuot_collector.notify.dispatch.thread import NotificationThread
from thongsuot_collector.store.threads import run_to_completion

ThreadKey = tuple[str, ResponsibleParty]
"""An incident's name and who is told of it."""


class NotificationStore:
    """
    All conversations that are not over, by incident and party, and by site.

    What is put here is in memory; ``save`` makes it durable.
    """

    def __init__(self, store: Engine) -> None:
        self._store = store
        self._live: dict[ThreadKey, NotificationThread] = {}
        self._sites: dict[str, dict[ThreadKey, None]] = {}
        self._writing = asyncio.Lock()
        self._unwritten: dict[ThreadKey, None] = {}
        self._tried: list[delivery_log.DeliveryLogEntry] = []

    def __contains__(self, key: ThreadKey) -> bool:
        return key in self._live

    def __getitem__(self, key: ThreadKey) -> NotificationThread:
        return self._live[key]

    def __iter__(self) -> Iterator[ThreadKey]:
        return iter(tuple(self._live))

    @property
    def threads(self) -> Sequence[NotificationThread]:
        """All of them."""
        return tuple(self._live.values())

    def of_site(self, site: str) -> list[NotificationThread]:
        """Return those that are about a site, among others perhaps."""
        return [self._live[key] for key in self._sites.get(site, ())]

    def get(self, key: ThreadKey) -> NotificationThread | None:
        """Return a conversation that is not over."""
        return self._live.get(key)

    def put(self, key: ThreadKey, conversation: NotificationThread) -> None:
        """Put a conversation where it is found, instead of what it was."""
        before = self._live.get(key)
        if before is None or before.event is not conversation.event:
            if before is not None:
                self.drop(key)
            for site in conversation.event.incident.sites:
                self._sites.setdefault(site, {})[key] = None
        self._live[key] = conversation

    def drop(self, key: ThreadKey) -> None:
        """Take a conversation out of memory."""
        for site in self._live.pop(key).event.incident.sites:
            self._sites[site].pop(key)
            if not self._sites[site]:
                del self._sites[site]

    async def load(self) -> None:
        """Take up what the store holds."""
        for thread in await run_to_completion(delivery_log.load_open_threads, self._store):
            self.put((thread.incident, thread.audience), thread)

    async def reload(self, key: ThreadKey) -> None:
        """Take up a conversation that is over, should there be one: it may go on."""
        if key not in self._live:
            known = await run_to_completion(delivery_log.load_thread, self._store, *key)
            if known is not None and key not in self._live:
                self.put(key, known)

    async def save(self, keys: Sequence[ThreadKey], *tried: delivery_log.DeliveryLogEntry) -> None:
        """
        Write down how conversations are now, and what was tried; returns when it is durable.

        What others want written meanwhile is written along: in a storm they share a flush.
        """
        self._unwritten |= dict.fromkeys(keys)
        self._tried += tried
        async with self._writing:
            if not self._unwritten and not self._tried:
                return  # somebody has written ours along
            wanted, self._unwritten = self._unwritten, {}
            tries, self._tried = self._tried, []
            threads = [self._live[key] for key in wanted if key in self._live]
            try:
                await run_to_completion(delivery_log.save_threads, self._store, threads, tries)
            except Exception:
                self._unwritten = wanted | self._unwritten
                self._tried = [*tries, *self._tried]
                raise

    async def wait_written(self) -> None:
        """Return when nothing is being written."""
        async with self._writing:
            return

    async def prune(self, *, before_ns: int) -> None:
        """Drop from the store what was over before a time."""
        await run_to_completion(partial(delivery_log.prune_log, self._store, before_ns=before_ns))
