"""Store: what the spool does on the disk, and what it knows of it without asking."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from thongsuot_agent.errors import SpoolError
from thongsuot_agent.spool.disk import FIRST, Disk, Known, Row, Totals
from thongsuot_agent.spool.keeper import Keeper
from thongsuot_agent.spool.layouts import layout_from
from thongsuot_agent.spool.parcel import Parcel
from thongsuot_agent.spool.stream import Key, Stream
from thongsuot_agent.spool.thin import Dropped, Layouts, Note, make_room, strip_older
from thongsuot_schema.batch.model import Layout

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Errand:
    """
    Everything that one visit to the disk does, in one thread hop.

    ``reached`` says how far streams have got, ``closed`` which have ended with nothing left to
    lose. ``is_too_old`` is given when detail is to be dropped by age.
    """

    rows: Sequence[Row] = ()
    layouts: dict[bytes, bytes] = field(default_factory=dict)
    reached: Sequence[tuple[Stream, int]] = ()
    closed: Sequence[tuple[Stream, int]] = ()
    is_too_old: Callable[[Row], bool] | None = None


class Store:
    """
    The disk as the spool sees it: never raises; what could not be done is ``None`` or ``False``.

    ``totals`` is as of the latest errand.
    """

    def __init__(self, keeper: Keeper, max_bytes: int, layouts: Layouts) -> None:
        self._keeper = keeper
        self._max_bytes = max_bytes
        self._layouts = layouts
        self._to_forget: set[Key] = set()
        self._dropped: list[Dropped] = []
        self.totals = Totals(0, 0, 0)

    @property
    def is_refusing(self) -> bool:
        """Whether the disk took nothing the last time."""
        return self._keeper.is_refusing

    @property
    def waiting(self) -> int:
        """Batches on the disk; an acknowledged one counts until it is removed."""
        return self.totals.batches

    @property
    def has_forgotten(self) -> bool:
        """Whether something acknowledged still stands on the disk."""
        return bool(self._to_forget)

    def forget(self, key: Key) -> None:
        """Note that a batch is acknowledged; it is removed with the next errand."""
        self._to_forget.add(key)

    async def streams(self) -> list[Known]:
        """Return every stream that the disk knows, oldest first."""
        return await self._read(Disk.known_streams) or []

    async def run(self, errand: Errand) -> bool:
        """Do an errand; return whether the disk took it (see also ``take_dropped``)."""
        forgotten = tuple(self._to_forget)
        visit = _Visit(errand, forgotten, self._max_bytes, self._layouts, self._dropped.append)
        totals = await self._try(visit.run)
        if totals is None:
            return False
        self._to_forget.difference_update(forgotten)
        self.totals = totals
        return True

    def take_dropped(self) -> Dropped:
        """
        Return what was given up for room since the last call.

        Also by an errand that the disk refused in the end: what it gave up before is gone.
        """
        dropped, self._dropped = self._dropped, []
        return sum(dropped, Dropped())

    async def newest_news(self) -> Parcel | None:
        """Return the newest batch with news."""
        row = await self._read(Disk.newest_news) if self.waiting else None
        return None if row is None or row.key in self._to_forget else _parcel(row)

    async def oldest(self, limit: int, after: Key = FIRST) -> list[Parcel]:
        """Return the oldest batches after one, oldest first."""
        if not self.waiting:
            return []
        rows = await self._read(lambda disk: disk.oldest(limit, after=after)) or []
        return [_parcel(row) for row in rows if row.key not in self._to_forget]

    async def layout(self, name: bytes) -> bytes | None:
        """Return an encoded layout."""
        return await self._read(lambda disk: disk.layout(name))

    async def mark_closed(self, stream: Stream, last_number: int) -> None:
        """Note that a stream ended in good order."""
        await self._try(lambda disk: disk.mark(stream, last_number, is_closed=True))

    async def remember(self, name: str, value: str) -> None:
        """Keep a small fact beyond a power cut."""
        await self._try(lambda disk: disk.remember(name, value))

    async def recall(self, name: str) -> str | None:
        """Return a small fact."""
        return await self._read(lambda disk: disk.recall(name))

    async def write_beside(self, work: Callable[[], T]) -> T | None:
        """Return what work on other files of the same disk returned."""

        def beside(_: Disk) -> T:
            try:
                return work()
            except OSError as error:
                raise SpoolError(str(error)) from error

        return await self._try(beside)

    async def close(self) -> None:
        """Close the file."""
        await self._keeper.close()

    async def _read(self, work: Callable[[Disk], T]) -> T | None:
        return await self._try(work, is_reading=True)

    async def _try(self, work: Callable[[Disk], T], *, is_reading: bool = False) -> T | None:
        try:
            return await self._keeper.do(work, is_reading=is_reading)
        except SpoolError:
            return None  # the keeper has logged and reported it


@dataclass(frozen=True, slots=True)
class _Visit:
    """One errand, as it is done on the disk's thread; doing it twice is doing it once."""

    errand: Errand
    forgotten: Sequence[Key]
    max_bytes: int
    layouts: Layouts
    note: Note

    def run(self, disk: Disk) -> Totals:
        errand = self.errand

        def find(name: bytes) -> Layout | None:
            known = self.layouts(name)
            if known is None and (body := disk.layout(name)) is not None:
                return layout_from(body)
            return known

        if self.forgotten:
            disk.forget(self.forgotten)
        if errand.rows or errand.reached:
            disk.keep(errand.rows, errand.layouts, errand.reached)
        for stream, last_number in errand.closed:
            disk.mark(stream, last_number, is_closed=True)
        if errand.closed:
            disk.tidy()
        if errand.is_too_old is not None:
            strip_older(disk, errand.is_too_old, find, self.note)
        make_room(disk, self.max_bytes, find, self.note)
        return disk.totals()


def _parcel(row: Row) -> Parcel:
    return Parcel(
        key=row.key,
        layout=row.layout,
        body=row.body,
        results=row.results,
        has_news=row.news > 0,
    )
