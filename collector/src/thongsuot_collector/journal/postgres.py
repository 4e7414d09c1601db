"""
The journal in PostgreSQL: shared by several collectors, and replicated by servers set up for it.

Its special property: several processes append and read. Each learns of the others' entries from the
server; its own entries are kept in memory as in the other engine.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

import psycopg

from thongsuot_collector.errors import JournalError, JournalRefused
from thongsuot_collector.journal import postgres_rows as rows
from thongsuot_collector.journal import postgres_tallies as tally_rows
from thongsuot_collector.journal import postgres_trim as trim_rows
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
from thongsuot_collector.journal.postgres_session import (
    HeadListener,
    Job,
    JournalConnection,
    PostgresSession,
)
from thongsuot_collector.journal.postgres_tables import (
    JournalIdentity,
    PostgresConnection,
    not_fenced,
    prepare_tables,
)
from thongsuot_collector.journal.ranges import Range
from thongsuot_collector.journal.recent import RecentEntries
from thongsuot_collector.journal.site_shares import PARTS, OverShare, SiteShares
from thongsuot_collector.journal.writer import GroupCommitWriter, WaitingBodies
from thongsuot_collector.postgresql import PostgresDatabase

COMMIT_WITHIN_S = 10.0
"""
A commit that waits longer, for a missing standby or for another process, is aborted: agents push
again, and do not wait until their own limit.
"""

T = TypeVar("T")

_log = logging.getLogger(__name__)


class PostgresJournal:
    """See ``Journal``. Made by ``open_postgres_journal`` inside the event loop that will use it."""

    def __init__(
        self,
        database: PostgresDatabase,
        journal: JournalIdentity,
        *,
        committed: Callable[[int, float], None],
        gather_s: float = 0.0,
        commit_within_s: float = COMMIT_WITHIN_S,
        is_sole: bool = False,
    ) -> None:
        self._database = database
        self._name = journal.name
        self._head = journal.head
        self._newest = (0, b"")
        self._generation = ""
        self._loop = asyncio.get_running_loop()
        self._grown = asyncio.Event()
        self._failure: JournalError | None = None
        self._recent = RecentEntries()
        self._shares = SiteShares()
        self._shares_through = self._trims = 0
        self._waiting = WaitingBodies("the server")
        self.fence: Callable[[PostgresConnection], None] = not_fenced
        """Called before each operation that only the leader may do; its exception ends that."""
        self._reader = JournalConnection(database, self._known, autocommit=True)
        self._reading = ThreadPoolExecutor(1, thread_name_prefix="journal-reader")
        self._writer = GroupCommitWriter[Job](
            lambda: PostgresSession(database, self._known, turn_within_s=commit_within_s),
            committed=committed,
            gather_s=gather_s,
            limit_s=commit_within_s,
        )
        self._listener = HeadListener(
            database, self._known, is_sole=is_sole, grown=self._hear_of, failed=self._hear_failure
        )

    def _known(self) -> JournalIdentity:
        return JournalIdentity(name=self._name, head=self._head, newest=self._newest)

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

        def job(connection: PostgresConnection) -> str:
            self.fence(connection)
            return rows.begin_generation(connection)

        self._generation = await self._write(job)

    async def generations(self) -> list[Generation]:
        """See ``Journal``."""
        return await self._read(rows.generations)

    async def append(self, entry: JournalEntry) -> AppendResult:
        """See ``Journal``."""
        size_bytes = len(entry.body)
        self._waiting.add(size_bytes)
        try:
            result = await self._writer.run(entry, then=partial(self._note_appended, entry))
        finally:
            self._waiting.remove(size_bytes)
        assert isinstance(result, AppendResult)
        return result

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
        through = min(through, self._head)
        while after < through:
            # Entries appended by others are not in memory.
            if through <= self._recent.newest:
                recent = self._recent.read(
                    after, through=through, limit=limit, size_bytes=size_bytes, site=site
                )
                if recent is not None:
                    return recent
            bounds = after, through, limit
            query = partial(rows.read, bounds=bounds, size_bytes=size_bytes, site=site)
            entries, damaged = await self._read(query)
            if entries and entries[-1].sequence > self._newest[0]:
                self._newest = entries[-1].sequence, entries[-1].entry.digest
            if damaged:
                await self._note_damaged(damaged)
            if entries or not damaged:
                return entries
            after = damaged[-1]
        return []

    async def _note_damaged(self, sequences: Sequence[int]) -> None:
        taken_out = await self._write(lambda connection: rows.note_damaged(connection, sequences))
        if taken_out:
            _log.error(
                "journal damaged: %d entries differ from what was appended, the first is %d; they "
                "are counted as lost, `thongsuot-collector verify` lists them",
                taken_out,
                sequences[0],
            )

    async def neighbours(self, site: str, stream: str, number: int) -> StreamNeighbours:
        """See ``Journal``."""
        beside = partial(tally_rows.neighbours, site=site, stream=stream, number=number)
        return await self._read(beside)

    async def wait(self, after: int) -> int:
        """See ``Journal``."""
        while self._head <= after:
            if self._failure is not None:
                raise self._failure
            self._grown.clear()
            await self._grown.wait()
        return self._head

    async def cursor(self, consumer: str) -> Cursor:
        """See ``Journal``."""
        known = await self._read(lambda connection: rows.cursors(connection, consumer))
        return known.get(consumer, Cursor())

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

        def job(connection: PostgresConnection) -> None:
            self.fence(connection)
            rows.commit(connection, consumer, sequence, note)
            rows.check_append(connection)
            if begun is not None or tallies:
                tally_rows.add(connection, consumer, tallies, begun=begun)

        await self._write(job)

    async def note_forgotten(self, lost: str) -> None:
        """See ``Journal``."""
        await self._write(lambda connection: rows.note_forgotten(connection, lost))

    async def commit_retried(self, consumer: str, kept: StoredEntry) -> None:
        """See ``Journal``."""
        day = day_of(kept.entry.received_ns)

        def job(connection: PostgresConnection) -> None:
            self.fence(connection)
            tally_rows.add_retried(connection, consumer, kept.sequence, day, kept.entry.site)

        await self._write(job)

    async def tallies(
        self, *, from_day: int, site: str = "", lost_only: bool = False
    ) -> dict[str, list[Tally]]:
        """See ``Journal``."""
        listed = partial(tally_rows.listed, from_day=from_day, site=site, lost_only=lost_only)
        return await self._read(listed)

    async def kept(self) -> dict[tuple[str, str], tuple[Range, ...]]:
        """See ``Journal``."""
        return await asyncio.to_thread(self._on_own_connection, tally_rows.kept)

    async def flaw(self) -> str:
        """See ``Journal``."""
        return await asyncio.to_thread(self._on_own_connection, tally_rows.flaw)

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

        def job(connection: PostgresConnection) -> Trimmed:
            self.fence(connection)
            if over_share is not None:
                return trim_rows.trim_site(connection, readers, over_share)
            return trim_rows.trim(
                connection, readers, received_before_ns, max_bytes, most_bytes=most_bytes
            )

        trimmed = await self._write(job)
        if trimmed.removed:
            self._trims += 1
            self._recent.forget()
            self._shares.remove(trimmed.sizes.items())
        return trimmed

    async def _over_share(self, excess_bytes: int) -> OverShare | None:
        """
        Return which entries of a full journal are removed first; ``None``: no site holds more than
        its share.
        """
        trims, head = await self._read(trim_rows.trims), self._head
        if trims != self._trims or not self._shares.is_known:
            # Another process has trimmed, or it is the first time.
            self._trims, self._shares, self._shares_through = trims, SiteShares(), 0
        sizes = partial(trim_rows.sizes, after=self._shares_through, through=head)
        appended = await asyncio.to_thread(self._on_own_connection, sizes)
        if not self._shares.is_known:
            self._shares.load(appended)
        else:
            for site, size_bytes in appended.items():
                self._shares.add(site, size_bytes)
        self._shares_through = head
        largest = self._shares.largest_over()
        if largest is None:
            return None
        of_site, over_bytes = largest
        wanted_bytes = min(over_bytes, excess_bytes)
        oldest_of = partial(trim_rows.oldest_of, site=of_site, over_bytes=wanted_bytes)
        return await self._read(oldest_of)

    async def close(self) -> None:
        """See ``Journal``."""
        await asyncio.to_thread(self._listener.close)
        await asyncio.to_thread(self._reading.shutdown)
        self._reader.close()
        await self._writer.close()

    def _note_appended(self, entry: JournalEntry, appended: AppendResult) -> None:
        if appended.sequence:
            self._recent.add(StoredEntry(sequence=appended.sequence, entry=entry))
            self._newest = appended.sequence, entry.digest
            self._grow_to(appended.sequence)

    def _grow_to(self, head: int) -> None:
        if head > self._head:
            self._head = head
            self._grown.set()

    def _hear_of(self, head: int) -> None:
        if head > self._head:
            self._call_in_loop(self._grow_to, head)

    def _hear_failure(self, error: JournalError) -> None:
        def fail() -> None:
            self._failure = error
            self._grown.set()

        self._call_in_loop(fail)

    def _call_in_loop(self, call: Callable[..., None], *arguments: object) -> None:
        try:
            self._loop.call_soon_threadsafe(call, *arguments)
        except RuntimeError as error:  # the loop is closed: there is no waiting task
            _log.debug("journal was notified after its event loop had ended: %s", error)

    async def _write(self, job: Callable[[PostgresConnection], T]) -> T:
        return await self._writer.run(job)  # type: ignore[return-value]  # what the job returns

    async def _read(self, query: Callable[[PostgresConnection], T]) -> T:
        return await self._loop.run_in_executor(self._reading, self._reader.query, query)

    def _on_own_connection(self, query: Callable[[PostgresConnection], T]) -> T:
        """Query beside everything else: a scan of a whole index must not hold up other readers."""
        try:
            with self._database.connect(autocommit=True) as connection:
                return query(connection)
        except psycopg.Error as error:
            raise JournalRefused(
                f"cannot read the journal: {self._database.message_of(error)}; try again"
            ) from error


async def open_postgres_journal(
    database: PostgresDatabase,
    *,
    committed: Callable[[int, float], None],
    gather_s: float = 0.0,
    commit_within_s: float = COMMIT_WITHIN_S,
    may_be_new: bool = True,
    is_sole: bool = False,
) -> PostgresJournal:
    """
    Return the journal in a database: a new one where there is none, if it ``may_be_new``.

    Arguments as of ``open_journal``; a commit longer than ``commit_within_s`` is given up.

    Raises:
        JournalRefused: see ``prepare_tables``.
        JournalError: the journal is of a newer collector.
    """
    return PostgresJournal(
        database,
        await asyncio.to_thread(prepare_tables, database, may_be_new=may_be_new, is_sole=is_sole),
        committed=committed,
        gather_s=gather_s,
        commit_within_s=commit_within_s,
        is_sole=is_sole,
    )
