"""The dead-letter queue: a batch that a consumer fails to process is kept, and the others go on."""

import asyncio
import logging
import time
import traceback

from sqlalchemy import Engine

from thongsuot_collector.errors import UndecodableEntry
from thongsuot_collector.journal.entry import JournalEntry, StoredEntry
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.store import dead_letters
from thongsuot_collector.store.dead_letters import DeadLetter

_log = logging.getLogger(__name__)


class DeadLetterQueue:
    """Keeps what a consumer failed to process; shared by all consumers."""

    def __init__(self, store: Engine, metrics: Metrics) -> None:
        self._store = store
        self._metrics = metrics

    async def put_entry(self, kept: StoredEntry, *, consumer: str, error: Exception) -> None:
        """Keep an entry that a consumer failed on; returns when it is durable."""
        await self._put(kept.entry, consumer, kept.sequence, explain_failure(error))

    async def put_conflict(self, entry: JournalEntry) -> None:
        """Keep a batch that came under an identity that is taken."""
        text = "the same site, stream and number are in the journal with other bytes"
        await self._put(entry, "ingest", 0, text)

    async def _put(self, entry: JournalEntry, consumer: str, sequence: int, error: str) -> None:
        self._metrics.dead_letters.labels(consumer).inc()
        _log.warning(
            "cannot process batch (%d bytes) consumer=%s site=%s stream=%s number=%d: %s; "
            "moved to the dead-letter queue, see `thongsuot-collector dead-letters list`",
            len(entry.body),
            consumer,
            entry.site,
            entry.stream,
            entry.number,
            error.strip().splitlines()[-1],
        )
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


def explain_failure(error: Exception) -> str:
    """
    Return what a person needs to understand a failure: a sentence, or a traceback of our own bug.
    """
    if isinstance(error, UndecodableEntry):
        return str(error)
    return "".join(traceback.format_exception(error))
