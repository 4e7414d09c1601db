"""
Disk store: the spool's transactions on the disk, and totals that are available without reading.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from thongsuot_agent.errors import SpoolError
from thongsuot_agent.spool.disk import Disk, DiskTotals
from thongsuot_agent.spool.disk_executor import DiskExecutor
from thongsuot_agent.spool.eviction import (
    DroppedCounts,
    Layouts,
    OnDropped,
    make_room,
    strip_expired,
)
from thongsuot_agent.spool.layouts import decode_layout
from thongsuot_agent.spool.rows import FIRST, KnownStream, SpoolRow
from thongsuot_agent.spool.stream import BatchKey, PendingBatch, StreamIdentity
from thongsuot_schema.batch.model import Layout

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteSet:
    """
    All operations of one transaction on the disk, in one thread hop.

    ``newest_numbers`` has the last numbers of streams, ``closed`` the ended ones that have nothing
    left to lose. ``is_too_old`` is set to drop detail by age.
    """

    rows: Sequence[SpoolRow] = ()
    layouts: dict[bytes, bytes] = field(default_factory=dict)
    newest_numbers: Sequence[tuple[StreamIdentity, int]] = ()
    closed: Sequence[tuple[StreamIdentity, int]] = ()
    is_too_old: Callable[[SpoolRow], bool] | None = None


class DiskStore:
    """
    The spool's interface to the disk: never raises; a failure returns ``None`` or ``False``.

    ``totals`` is as of the latest write set.
    """

    def __init__(self, executor: DiskExecutor, max_bytes: int, layouts: Layouts) -> None:
        self._executor = executor
        self._max_bytes = max_bytes
        self._layouts = layouts
        self._acknowledged: set[BatchKey] = set()
        self._dropped: list[DroppedCounts] = []
        self.totals = DiskTotals(0, 0, 0, {})

    @property
    def is_refusing(self) -> bool:
        """Whether the disk refused the last write."""
        return self._executor.is_refusing

    @property
    def waiting(self) -> int:
        """Batches on the disk; an acknowledged one counts until it is removed."""
        return self.totals.batches

    @property
    def has_acknowledged(self) -> bool:
        """Whether any acknowledged batch is still on the disk."""
        return bool(self._acknowledged)

    def note_acknowledged(self, key: BatchKey) -> None:
        """Record the acknowledgement of a batch; it is removed with the next write set."""
        self._acknowledged.add(key)

    async def streams(self) -> list[KnownStream] | None:
        """Return every stream on the disk, oldest first; ``None`` if it cannot be read."""
        return await self._read(Disk.known_streams)

    async def apply(self, write_set: WriteSet) -> bool:
        """Apply a write set; return whether that succeeded (see also ``take_dropped``)."""
        acknowledged = tuple(self._acknowledged)
        visit = _Transaction(
            write_set, acknowledged, self._max_bytes, self._layouts, self._dropped.append
        )
        totals = await self._try(visit.run)
        if totals is None:
            return False
        self._acknowledged.difference_update(acknowledged)
        self.totals = totals
        return True

    def take_dropped(self) -> DroppedCounts:
        """
        Return the data dropped for space since the last call.

        Including drops by a write set that failed later: the dropped data is gone.
        """
        dropped, self._dropped = self._dropped, []
        return sum(dropped, DroppedCounts())

    async def newest_news(self) -> PendingBatch | None:
        """Return the newest batch with news."""
        if not self.waiting:
            return None

        def find(disk: Disk) -> SpoolRow | None:
            row = disk.newest_news()
            while row is not None and row.key in self._acknowledged:
                row = disk.newest_news(before=row.key)
            return row

        row = await self._read(find)
        # It may have been acknowledged during the read.
        return None if row is None or row.key in self._acknowledged else _pending_batch(row)

    async def oldest(self, limit: int, after: BatchKey = FIRST) -> list[PendingBatch]:
        """Return the oldest batches after one, oldest first."""
        if not self.waiting:
            return []

        def find(disk: Disk) -> list[SpoolRow]:
            # A disk that takes no writes keeps what is acknowledged; data waits behind it.
            rows = disk.oldest(limit, after=after)
            while rows and all(row.key in self._acknowledged for row in rows):
                rows = disk.oldest(limit, after=rows[-1].key)
            return rows

        rows = await self._read(find) or []
        return [_pending_batch(row) for row in rows if row.key not in self._acknowledged]

    async def layout(self, name: bytes) -> bytes | None:
        """Return an encoded layout."""
        return await self._read(lambda disk: disk.layout(name))

    async def mark_closed(self, stream: StreamIdentity, last_number: int) -> None:
        """Record that a stream was closed properly."""
        await self._try(lambda disk: disk.note_stream(stream, last_number, is_closed=True))

    async def save_fact(self, name: str, value: str) -> None:
        """Save a small fact durably."""
        await self._try(lambda disk: disk.save_fact(name, value))

    async def load_fact(self, name: str) -> str | None:
        """Return a small fact."""
        return await self._read(lambda disk: disk.load_fact(name))

    async def write_beside(self, work: Callable[[], T]) -> T | None:
        """Return the result of work on other files of the same disk."""

        def beside(_: Disk) -> T:
            try:
                return work()
            except OSError as error:
                raise SpoolError(str(error)) from error

        return await self._try(beside)

    async def close(self) -> None:
        """Close the file."""
        await self._executor.close()

    async def _read(self, work: Callable[[Disk], T]) -> T | None:
        return await self._try(work, is_reading=True)

    async def _try(self, work: Callable[[Disk], T], *, is_reading: bool = False) -> T | None:
        try:
            return await self._executor.run(work, is_reading=is_reading)
        except SpoolError:
            return None  # the keeper has logged and reported it


@dataclass(frozen=True, slots=True)
class _Transaction:
    """One write set, applied on the disk's thread; idempotent."""

    write_set: WriteSet
    acknowledged: Sequence[BatchKey]
    max_bytes: int
    layouts: Layouts
    on_dropped: OnDropped

    def run(self, disk: Disk) -> DiskTotals:
        write_set = self.write_set

        def find(name: bytes) -> Layout | None:
            known = self.layouts(name)
            if known is None and (body := disk.layout(name)) is not None:
                return decode_layout(body)
            return known

        if self.acknowledged:
            disk.remove_batches(self.acknowledged)
        if write_set.rows or write_set.newest_numbers:
            disk.write_batches(write_set.rows, write_set.layouts, write_set.newest_numbers)
        for stream, last_number in write_set.closed:
            disk.note_stream(stream, last_number, is_closed=True)
        if write_set.closed:
            disk.remove_unreferenced()
        if write_set.is_too_old is not None:
            strip_expired(disk, write_set.is_too_old, find, self.on_dropped)
        make_room(disk, self.max_bytes, find, self.on_dropped)
        return disk.totals()


def _pending_batch(row: SpoolRow) -> PendingBatch:
    return PendingBatch(
        key=row.key,
        layout=row.layout,
        body=row.body,
        results=row.results,
        has_news=row.news > 0,
        is_whole=row.is_whole,
    )
