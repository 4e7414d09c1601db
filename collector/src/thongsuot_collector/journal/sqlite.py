"""The journal in one SQLite file: the back-end of a single collector."""

import asyncio
import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TypeVar

from thongsuot_collector.errors import JournalDamaged, JournalRefused
from thongsuot_collector.journal import site_shares
from thongsuot_collector.journal import sqlite_rows as rows
from thongsuot_collector.journal import sqlite_tallies as tally_rows
from thongsuot_collector.journal.entry import AppendResult, JournalEntry, StoredEntry
from thongsuot_collector.journal.journal import (
    Cursor,
    Damage,
    Extent,
    Generation,
    Readers,
    StreamNeighbours,
    Tally,
    Trimmed,
    day_of,
)
from thongsuot_collector.journal.ranges import Range
from thongsuot_collector.journal.recent import RecentEntries
from thongsuot_collector.journal.site_shares import PARTS, OverShare, SiteShares
from thongsuot_collector.journal.sqlite_session import Job, SqliteSession
from thongsuot_collector.journal.sqlite_tables import connect, open_or_recover
from thongsuot_collector.journal.writer import GroupCommitWriter, WaitingBodies
from thongsuot_collector.store.sqlite_file import is_damage, mark_damaged

T = TypeVar("T")


class SqliteJournal:
    """See ``Journal``. Made by ``open_journal`` inside the event loop that will use it."""

    def __init__(
        self,
        path: Path,
        *,
        quarantined: Path | None,
        committed: Callable[[int, float], None],
        gather_s: float = 0.0,
    ) -> None:
        self.quarantined = quarantined
        """
        The new place of a damaged journal that was found on opening; ``None``: there was none.
        """
        self._path = path
        self._reader = connect(path, writable=False)
        # One reading thread and connection: a query takes far less than processing its result.
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="journal-reader")
        self._name = rows.name(self._reader)
        self._head = rows.last_sequence(self._reader)
        self._generation = ""
        self._recent = RecentEntries()
        self._shares = SiteShares()
        self._grown = asyncio.Event()
        self._waiting = WaitingBodies("the disk")
        self._writer = GroupCommitWriter[Job](
            lambda: SqliteSession(connect(path, writable=True), path),
            committed=committed,
            gather_s=gather_s,
        )

    @property
    def name(self) -> str:
        """See ``Journal``."""
        return self._name

    @property
    def head(self) -> int:
        """See ``Journal``."""
        return self._head

    @property
    def generation(self) -> str:
        """See ``Journal``."""
        return self._generation

    async def begin_generation(self) -> None:
        """See ``Journal``."""
        self._generation = await self._write(rows.begin_generation)

    async def generations(self) -> list[Generation]:
        """See ``Journal``."""
        return await self._read(rows.generations)

    async def append(self, entry: JournalEntry) -> AppendResult:
        """See ``Journal``."""
        size_bytes = len(entry.body)
        self._waiting.add(size_bytes)
        try:
            return await self._write(
                lambda connection: rows.append(connection, entry),
                then=lambda appended: self._grow(appended, entry),
            )
        finally:
            self._waiting.remove(size_bytes)

    async def check_append(self) -> None:
        """See ``Journal``."""
        await self._write(rows.check_append)

    def commit_soon(self) -> None:
        """See ``Journal``."""
        self._writer.commit_soon()

    async def put_layout(self, layout_id: bytes, body: bytes, *, received_ns: int) -> None:
        """See ``Journal``."""
        await self._write(
            lambda connection: rows.put_layout(connection, layout_id, body, received_ns)
        )

    async def layout(self, layout_id: bytes) -> bytes | None:
        """See ``Journal``."""
        return await self._read(lambda connection: rows.layout(connection, layout_id))

    async def read(
        self, after: int, *, through: int, limit: int, size_bytes: int, site: str = ""
    ) -> list[StoredEntry]:
        """See ``Journal``."""
        if after >= min(through, self._head):
            return []
        recent = self._recent.read(
            after, through=through, limit=limit, size_bytes=size_bytes, site=site
        )
        if recent is not None:
            return recent
        bounds = after, through, limit
        return await self._read(
            lambda connection: rows.read(connection, bounds, size_bytes, site=site)
        )

    async def neighbours(self, site: str, stream: str, number: int) -> StreamNeighbours:
        """See ``Journal``."""
        beside = partial(tally_rows.neighbours, site=site, stream=stream, number=number)
        return await self._read(beside)

    async def wait(self, after: int) -> int:
        """See ``Journal``."""
        while self._head <= after:
            self._grown.clear()
            await self._grown.wait()
        return self._head

    async def cursor(self, consumer: str) -> Cursor:
        """See ``Journal``."""
        return await self._read(lambda connection: rows.cursor(connection, consumer))

    async def cursors(self) -> dict[str, Cursor]:
        """See ``Journal``."""
        return await self._read(rows.cursors)

    async def commit(
        self,
        consumer: str,
        sequence: int,
        note: bytes = b"",
        *,
        begun: int | None = None,
        tallies: Sequence[Tally] = (),
    ) -> None:
        """See ``Journal``."""

        def job(connection: sqlite3.Connection) -> None:
            rows.commit(connection, consumer, sequence, note)
            if begun is not None or tallies:
                tally_rows.add(connection, consumer, tallies, begun=begun)

        await self._write(job)

    async def note_forgotten(self, lost: str) -> None:
        """See ``Journal``."""
        await self._write(lambda connection: rows.note_forgotten(connection, lost))

    async def commit_retried(self, consumer: str, kept: StoredEntry) -> None:
        """See ``Journal``."""
        day, site = day_of(kept.entry.received_ns), kept.entry.site
        await self._write(
            lambda connection: tally_rows.add_retried(
                connection, consumer, kept.sequence, day, site
            )
        )

    async def tallies(
        self, *, from_day: int, site: str = "", lost_only: bool = False
    ) -> dict[str, list[Tally]]:
        """See ``Journal``."""
        return await self._read(
            lambda connection: tally_rows.listed(connection, from_day, site, lost_only=lost_only)
        )

    async def kept(self) -> dict[tuple[str, str], tuple[Range, ...]]:
        """See ``Journal``."""
        # On a separate connection: a scan of the whole index must not delay other readers.
        return await asyncio.to_thread(self._on_own_connection, tally_rows.kept)

    def _on_own_connection(self, query: Callable[[sqlite3.Connection], T]) -> T:
        with closing(connect(self._path, writable=False)) as connection:
            return query(connection)

    async def flaw(self) -> str:
        """See ``Journal``. SQLite finds by itself that a page is gone or spoiled, as it is read."""
        return ""

    async def extent(self) -> Extent:
        """See ``Journal``."""
        return await self._read(rows.extent)

    async def damage(self) -> Damage:
        """See ``Journal``."""
        return await self._read(rows.damage)

    async def trim(self, readers: Readers, *, received_before_ns: int, max_bytes: int) -> Trimmed:
        """See ``Journal``."""
        excess_bytes = await self._read(rows.size_bytes) - max_bytes
        over_share = await self._over_share(excess_bytes) if excess_bytes > 0 else None

        # Among many, shares change while the oldest of all go.
        most_bytes = max_bytes // PARTS if self._shares.sites > 1 else None

        def job(connection: sqlite3.Connection) -> Trimmed:
            if over_share is not None:
                return rows.trim_site(connection, readers, over_share)
            return rows.trim(
                connection, readers, received_before_ns, max_bytes, most_bytes=most_bytes
            )

        return await self._write(job, then=self._forget)

    async def _over_share(self, excess_bytes: int) -> OverShare | None:
        """
        Return which entries of a full journal are removed first; ``None``: no site holds more than
        its share.
        """
        if not self._shares.is_known:
            self._shares.begin()
            through = self._head
            # On a separate connection, because it scans everything, and only once.
            self._shares.load(
                await asyncio.to_thread(
                    self._on_own_connection, lambda opened: site_shares.sizes(opened, through)
                )
            )
        largest = self._shares.largest_over()
        if largest is None:
            return None
        site, over_bytes = largest
        wanted_bytes = min(over_bytes, excess_bytes)
        return await asyncio.to_thread(
            self._on_own_connection,
            lambda opened: site_shares.oldest_of(opened, site, wanted_bytes),
        )

    def _forget(self, trimmed: Trimmed) -> None:
        if trimmed.removed:
            self._recent.forget()
            self._shares.remove(trimmed.sizes.items())

    async def close(self) -> None:
        """See ``Journal``."""
        await asyncio.to_thread(self._reading.shutdown)
        self._reader.close()
        # Last, because the last writing connection folds the log into the file.
        await self._writer.close()

    def _grow(self, appended: AppendResult, entry: JournalEntry) -> None:
        if appended.sequence:
            self._recent.add(StoredEntry(sequence=appended.sequence, entry=entry))
            self._shares.add(entry.site, len(entry.body))
            self._head = appended.sequence
            self._grown.set()

    async def _write(
        self,
        job: Callable[[sqlite3.Connection], T],
        *,
        then: Callable[[T], None] | None = None,
    ) -> T:
        try:
            return await self._writer.run(job, then=then)  # type: ignore[return-value]  # the job's
        except JournalDamaged as error:
            mark_damaged(self._path, error)
            raise

    async def _read(self, query: Callable[[sqlite3.Connection], T]) -> T:
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._reading, query, self._reader)
        except sqlite3.DatabaseError as error:
            if not is_damage(error):
                raise JournalRefused(f"cannot read the journal: {error}; try again") from error
            mark_damaged(self._path, error)
            raise JournalDamaged(f"cannot read the journal: {error}") from error


def open_journal(
    path: Path, *, committed: Callable[[int, float], None], gather_s: float = 0.0
) -> SqliteJournal:
    """
    Return the journal at a path: a new one if there is none, recovered if it is damaged.

    ``committed`` is called for each commit with its jobs and its duration; ``gather_s`` is how long
    a job waits for others to share its commit. Must be called inside the event loop.
    """
    quarantined = open_or_recover(path)
    return SqliteJournal(path, quarantined=quarantined, committed=committed, gather_s=gather_s)
