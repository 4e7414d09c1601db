"""Retries dead letters that do not belong to a sink, on request."""

import asyncio
from collections.abc import Mapping
from typing import Protocol

from thongsuot_collector.ingest.conflicts import ConflictPutBack
from thongsuot_collector.journal.dead_letters import (
    NOT_IN_JOURNAL,
    RETRY_EVERY_S,
    DeadLetterQueue,
    entry_to_retry,
)
from thongsuot_collector.journal.entry import StoredEntry
from thongsuot_collector.journal.journal import Journal
from thongsuot_collector.journal.reader import BatchReader
from thongsuot_collector.store.dead_letters import CONFLICTS
from thongsuot_schema.batch.layout import CompiledLayout


class RetryingConsumer(Protocol):
    """A consumer that stores data from the journal, in any order."""

    async def apply(self, kept: StoredEntry, layouts: Mapping[bytes, CompiledLayout]) -> bool:
        """Process an entry; return whether that succeeded."""


class DeadLetterRetries:
    """Sinks retry their own dead letters, in turn with their deliveries."""

    def __init__(
        self,
        dead_letters: DeadLetterQueue,
        journal: Journal,
        reader: BatchReader,
        conflicts: ConflictPutBack,
        consumers: Mapping[str, RetryingConsumer],
    ) -> None:
        self._dead_letters = dead_letters
        self._journal = journal
        self._reader = reader
        self._conflicts = conflicts
        self._consumers = consumers

    async def run(self) -> None:
        """Check periodically until cancelled."""
        while True:
            await self.retry()
            await asyncio.sleep(RETRY_EVERY_S)

    async def retry(self) -> None:
        """Retry the dead letters that a person has requested."""
        for letter in await self._dead_letters.retries(CONFLICTS):
            problem = await self._conflicts.put_back(letter)
            if problem:
                await self._dead_letters.note_failure(letter, problem)
            else:
                await self._dead_letters.note_success(letter)
        for name, consumer in self._consumers.items():
            for letter in await self._dead_letters.retries(name):
                kept = await entry_to_retry(self._journal, letter)
                if kept is None:
                    await self._dead_letters.note_failure(letter, NOT_IN_JOURNAL)
                elif await consumer.apply(kept, await self._reader.layouts_of([kept])):
                    await self._dead_letters.note_success(letter)
                else:
                    await self._dead_letters.note_failure(letter, letter.error)
