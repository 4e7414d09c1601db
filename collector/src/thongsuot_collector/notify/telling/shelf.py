"""Shelf: the conversations that are not over, in memory and in the store."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial

from sqlalchemy import Engine

from thongsuot_collector.incidents.party import Responsible
from thongsuot_collector.notify.telling import ledger
from thongsuot_collector.notify.telling.conversation import Conversation
from thongsuot_collector.threads import to_the_end

Key = tuple[str, Responsible]
"""An incident's name and who is told of it."""


class Shelf:
    """
    All conversations that are not over, by incident and party, and by site.

    What is put here is in memory; ``save`` makes it durable.
    """

    def __init__(self, store: Engine) -> None:
        self._store = store
        self._live: dict[Key, Conversation] = {}
        self._sites: dict[str, dict[Key, None]] = {}
        self._writing = asyncio.Lock()
        self._unwritten: dict[Key, None] = {}
        self._tried: list[ledger.Attempt] = []

    def __contains__(self, key: Key) -> bool:
        return key in self._live

    def __getitem__(self, key: Key) -> Conversation:
        return self._live[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(tuple(self._live))

    @property
    def conversations(self) -> Sequence[Conversation]:
        """All of them."""
        return tuple(self._live.values())

    def of_site(self, site: str) -> list[Conversation]:
        """Return those that are about a site, among others perhaps."""
        return [self._live[key] for key in self._sites.get(site, ())]

    def get(self, key: Key) -> Conversation | None:
        """Return a conversation that is not over."""
        return self._live.get(key)

    def put(self, key: Key, conversation: Conversation) -> None:
        """Put a conversation where it is found, instead of what it was."""
        before = self._live.get(key)
        if before is None or before.wanted is not conversation.wanted:
            if before is not None:
                self.drop(key)
            for site in conversation.wanted.incident.sites:
                self._sites.setdefault(site, {})[key] = None
        self._live[key] = conversation

    def drop(self, key: Key) -> None:
        """Take a conversation out of memory."""
        for site in self._live.pop(key).wanted.incident.sites:
            self._sites[site].pop(key)
            if not self._sites[site]:
                del self._sites[site]

    async def load(self) -> None:
        """Take up what the store holds."""
        for one in await to_the_end(ledger.live, self._store):
            self.put((one.incident, one.audience), one)

    async def recall(self, key: Key) -> None:
        """Take up a conversation that is over, should there be one: it may go on."""
        if key not in self._live:
            known = await to_the_end(ledger.of_incident, self._store, *key)
            if known is not None and key not in self._live:
                self.put(key, known)

    async def save(self, keys: Sequence[Key], *tried: ledger.Attempt) -> None:
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
            found = [self._live[key] for key in wanted if key in self._live]
            try:
                await to_the_end(ledger.put, self._store, found, tries)
            except Exception:
                self._unwritten = wanted | self._unwritten
                self._tried = [*tries, *self._tried]
                raise

    async def written(self) -> None:
        """Return when nothing is being written."""
        async with self._writing:
            return

    async def forget(self, *, before_ns: int) -> None:
        """Drop from the store what was over before a time."""
        await to_the_end(partial(ledger.forget, self._store, before_ns=before_ns))
