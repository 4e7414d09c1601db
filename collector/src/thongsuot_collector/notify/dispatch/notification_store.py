"""Notification store: the threads that are not over, in memory and on disk."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial

from sqlalchemy import Engine

from thongsuot_collector.incidents.party import ResponsibleParty
from thongsuot_collector.notify.dispatch import delivery_log
from thongsuot_collector.notify.dispatch.thread import NotificationThread
from thongsuot_collector.store.threads import run_to_completion

ThreadKey = tuple[str, ResponsibleParty]
"""An incident's name and the notified party."""


class NotificationStore:
    """
    All threads that are not over, by incident and party, and by site.

    ``put`` keeps a thread in memory; ``save`` makes it durable.
    """

    def __init__(self, store: Engine) -> None:
        self._store = store
        self._live: dict[ThreadKey, NotificationThread] = {}
        self._sites: dict[str, dict[ThreadKey, None]] = {}
        self._writing = asyncio.Lock()
        self._unwritten: dict[ThreadKey, None] = {}
        self._attempts: list[delivery_log.DeliveryLogEntry] = []

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
        """Return those that affect a site, possibly among others."""
        return [self._live[key] for key in self._sites.get(site, ())]

    def get(self, key: ThreadKey) -> NotificationThread | None:
        """Return a thread that is not over."""
        return self._live.get(key)

    def put(self, key: ThreadKey, thread: NotificationThread) -> None:
        """Store a thread, replacing its previous state."""
        before = self._live.get(key)
        if before is None or before.event is not thread.event:
            if before is not None:
                self.drop(key)
            for site in thread.event.incident.sites:
                self._sites.setdefault(site, {})[key] = None
        self._live[key] = thread

    def drop(self, key: ThreadKey) -> None:
        """Drop a thread from memory."""
        for site in self._live.pop(key).event.incident.sites:
            self._sites[site].pop(key)
            if not self._sites[site]:
                del self._sites[site]

    async def refresh(self) -> None:
        """Reload everything from the store, which another collector writes."""
        threads = await run_to_completion(delivery_log.load_open_threads, self._store)
        stored = {(thread.incident, thread.audience): thread for thread in threads}
        for key in set(self._live) - set(stored):
            self.drop(key)
        for key, thread in stored.items():
            self.put(key, thread)

    async def reload(self, key: ThreadKey) -> None:
        """Load a thread that is over, if there is one: it may continue."""
        if key not in self._live:
            known = await run_to_completion(delivery_log.load_thread, self._store, *key)
            if known is not None and key not in self._live:
                self.put(key, known)

    async def load_ended(self, *, since_ns: int) -> list[tuple[NotificationThread, str]]:
        """Load the threads with a route that has delivered an end since a time, with the route."""
        ended = partial(delivery_log.load_ended, self._store, since_ns=since_ns)
        return await run_to_completion(ended)

    async def save(
        self, keys: Sequence[ThreadKey], *attempts: delivery_log.DeliveryLogEntry
    ) -> None:
        """
        Write the current state of threads, and new attempts; returns when both are durable.

        Concurrent calls are written together: in a storm they share a flush.
        """
        self._unwritten |= dict.fromkeys(keys)
        self._attempts += attempts
        async with self._writing:
            if not self._unwritten and not self._attempts:
                return  # another call has written ours, too
            wanted, self._unwritten = self._unwritten, {}
            logged, self._attempts = self._attempts, []
            threads = [self._live[key] for key in wanted if key in self._live]
            try:
                await run_to_completion(delivery_log.save_threads, self._store, threads, logged)
            except Exception:
                self._unwritten = wanted | self._unwritten
                self._attempts = [*logged, *self._attempts]
                raise

    async def wait_written(self) -> None:
        """Wait until nothing is being written."""
        async with self._writing:
            return

    async def prune(self, *, before_ns: int) -> None:
        """Delete threads that ended before a time from the store."""
        await run_to_completion(partial(delivery_log.prune_log, self._store, before_ns=before_ns))
