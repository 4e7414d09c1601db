"""
The dead-letter queue: a batch that a consumer fails to process is kept, and processing continues.
"""

import asyncio
import logging
import time
import traceback
from collections.abc import Awaitable, Callable

from sqlalchemy import Engine

from thongsuot_collector.errors import UndecodableEntry
from thongsuot_collector.journal.entry import JournalEntry, StoredEntry
from thongsuot_collector.journal.journal import Journal
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.repeated_warnings import RepeatedWarnings
from thongsuot_collector.store import dead_letters
from thongsuot_collector.store.dead_letters import DeadLetter

RETRY_EVERY_S = 5.0
"""The interval at which a consumer checks for dead letters to retry."""

NOT_IN_JOURNAL = "its entry is not in the journal any more; see `dead-letters show --body`"

_RETRIES = 100
"""Retried together; the others follow."""

_log = logging.getLogger(__name__)


class DeadLetterQueue:
    """
    Keeps entries that a consumer failed to process; shared by all consumers.

    ``keeps_entries``: false if another collector reads the same journal and keeps them.
    """

    def __init__(self, store: Engine, metrics: Metrics, *, keeps_entries: bool = True) -> None:
        self._keeps_entries = keeps_entries
        self._store = store
        self._metrics = metrics
        self._warnings = RepeatedWarnings()

    async def put_entry(self, kept: StoredEntry, *, consumer: str, error: Exception) -> None:
        """Keep an entry that a consumer failed to process; returns when it is durable."""
        if not self._keeps_entries:
            return
        await self._put(kept.entry, consumer, kept.sequence, explain_failure(error))

    async def put_conflict(self, entry: JournalEntry) -> None:
        """Keep a batch under an identity that is already used."""
        text = "the same site, stream and number are in the journal with other bytes"
        await self._put(entry, dead_letters.CONFLICTS, 0, text)

    async def put_badly_signed(self, entry: JournalEntry) -> None:
        """Keep a batch whose signature does not match its bytes."""
        text = "its signature is not over these bytes: something on the way has changed the batch"
        await self._put(entry, dead_letters.BADLY_SIGNED, 0, text)

    async def retries(self, consumer: str) -> list[DeadLetter]:
        """Return some of a consumer's dead letters that are to be retried."""
        return await asyncio.to_thread(dead_letters.retries, self._store, consumer, _RETRIES)

    async def note_success(self, letter: DeadLetter) -> None:
        """Forget a dead letter that its consumer has now processed."""
        await asyncio.to_thread(dead_letters.remove, self._store, letter.id)
        _log.info(
            "dead letter processed id=%d consumer=%s site=%s stream=%s number=%d",
            letter.id,
            letter.consumer,
            letter.site,
            letter.stream,
            letter.number,
        )

    async def note_failure(self, letter: DeadLetter, error: str) -> None:
        """Keep a dead letter that could not be processed again."""
        _log.warning("cannot process dead letter id=%d again: %s; it is kept", letter.id, error)
        await asyncio.to_thread(dead_letters.note_failure, self._store, letter.id, error)

    def _log_failure(self, entry: JournalEntry, consumer: str, error: str) -> None:
        ending = self._warnings.ending((consumer, entry.site))
        if ending is None:
            return
        _log.warning(
            "cannot process batch (%d bytes) consumer=%s site=%s stream=%s number=%d: %s; "
            "moved to the dead-letter queue%s, see `thongsuot-collector dead-letters list`",
            len(entry.body),
            consumer,
            entry.site,
            entry.stream,
            entry.number,
            error.strip().splitlines()[-1],
            ending,
        )

    async def _put(self, entry: JournalEntry, consumer: str, sequence: int, error: str) -> None:
        self._metrics.dead_letters.labels(consumer).inc()
        self._log_failure(entry, consumer, error)
        letter = DeadLetter(
            site=entry.site,
            stream=entry.stream,
            number=entry.number,
            consumer=consumer,
            sequence=sequence,
            error=error,
            body=entry.body,
            at_ns=time.time_ns(),
        )
        await asyncio.to_thread(dead_letters.put, self._store, letter)


async def entry_to_retry(journal: Journal, letter: DeadLetter) -> StoredEntry | None:
    """
    Return the entry that became a dead letter; ``None``: it is not in the journal any more.

    A journal restored from a copy has given the sequence to another entry: if that were processed
    instead, the dead letter would be removed as done.
    """
    entries = await journal.read(
        letter.sequence - 1, through=letter.sequence, limit=1, size_bytes=1
    )
    wanted = letter.site, letter.stream, letter.number, letter.body
    for kept in entries:
        entry = kept.entry
        if (entry.site, entry.stream, entry.number, entry.body) == wanted:
            return kept
    return None


class DeadLetterIntake:
    """Batches of pushes that must not enter the journal, on their way to the queue."""

    def __init__(self, letters: DeadLetterQueue, *, limit: int) -> None:
        self._letters = letters
        self._waiting: asyncio.Queue[tuple[Callable[[JournalEntry], Awaitable[None]], JournalEntry]]
        self._waiting = asyncio.Queue(maxsize=limit)

    def put_conflict(self, entry: JournalEntry) -> None:
        """Keep a batch under an identity that is already used, unless too many are waiting."""
        self._put(self._letters.put_conflict, entry)

    def put_badly_signed(self, entry: JournalEntry) -> None:
        """Keep a batch whose signature does not match its bytes, unless too many are waiting."""
        self._put(self._letters.put_badly_signed, entry)

    def _put(self, keep: Callable[[JournalEntry], Awaitable[None]], entry: JournalEntry) -> None:
        if not self._waiting.full():
            self._waiting.put_nowait((keep, entry))

    async def run(self) -> None:
        """Write the waiting batches, until cancelled."""
        while True:
            keep, entry = await self._waiting.get()
            await keep(entry)


def explain_failure(error: Exception) -> str:
    """
    Return the description of a failure for a person: a sentence, or the traceback of a bug.
    """
    if isinstance(error, UndecodableEntry):
        return str(error)
    return "".join(traceback.format_exception(error))
