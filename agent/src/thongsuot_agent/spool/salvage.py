"""
Salvage: what can be read of a damaged spool file goes into the new one, and the rest is named.

One bad sector of a card makes one page of the file unreadable, not the weeks in the other pages.
Batches are read by ranges of their numbers; a range with a bad page is halved until only what is on
that page is left. Nothing is trusted that does not agree with the head of the batch itself. The
first page, with the schema, is the same in every file of a version; the streams can be told from
their batches.
"""

import logging
import os
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Literal

import msgspec

from thongsuot_agent.errors import SpoolError, SpoolFull
from thongsuot_agent.kept_file import flush_folder
from thongsuot_agent.spool.disk import SCHEMA_VERSION, Disk
from thongsuot_agent.spool.rows import (
    BATCHES,
    LAST,
    KnownStream,
    SpoolRow,
    row_id,
    row_of,
    streams_in,
)
from thongsuot_agent.spool.stream import BatchKey, StreamIdentity
from thongsuot_schema.batch.header import BatchHeader, header_from_wire, read_arrays
from thongsuot_schema.batch.limits import DEFAULT_LIMITS
from thongsuot_schema.batch.record_report import LossReason, LostBatches
from thongsuot_schema.batch.wire import HeadWire
from thongsuot_schema.errors import BatchError

_log = logging.getLogger(__name__)

_PART, _NEW, _TORN = ".part", ".new-", ".torn-"
"""Ends of names: of a file that is being filled, of one that is complete, and of those set aside"""

_TORN_KEPT = 2
"""Damaged files that are kept for a person; a failing card must not fill itself with more."""

_FACT = "salvaged"

_AT_ONCE = 32
"""Batches read and written together: a few hundred kilobytes in memory."""

_RANGES_NAMED = 32
"""Ranges of lost batches that are named one by one; the last one covers those that follow."""

_PAGE_BYTES = 4096

_HEAD = msgspec.msgpack.Decoder(HeadWire)

_Range = tuple[int, int]


class Salvaged(msgspec.Struct, frozen=True, kw_only=True):
    """
    What became of a file: ``batches`` are in the new one, ``lost`` are not (some may have been
    acknowledged before), and it is kept under the name ``set_aside``, empty if it is gone.
    """

    batches: int = 0
    lost: tuple[LostBatches, ...] = ()
    set_aside: str = ""


_SALVAGED = msgspec.json.Decoder(Salvaged)


def rebuild(path: Path, fill: Callable[[Disk], Salvaged]) -> None:
    """
    Put a new file, which ``fill`` fills, in the place of one that cannot be used any more.

    A kill at any point leaves the old file as it was, or the new one complete, which
    ``finish_rebuild`` puts in its place. What became of the old one is in the new one (see
    ``read_salvaged``): whoever is killed before it is reported, reports it later.

    Raises:
        SpoolError, OSError: the disk refuses.
    """
    part = path.with_name(path.name + _PART)
    _remove(part)
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    try:
        disk = Disk(part)
        try:
            salvaged = fill(disk)
            before = read_salvaged(disk) or Salvaged()
            salvaged = msgspec.structs.replace(
                salvaged,
                lost=before.lost + salvaged.lost,
                set_aside=f"{path.name}{_TORN}{stamp}" if path.exists() else "",
            )
            disk.save_fact(_FACT, msgspec.json.encode(salvaged).decode())
            disk.checkpoint_wal()
        finally:
            disk.close()
    except BaseException:
        _remove(part)
        raise
    part.rename(path.with_name(f"{path.name}{_NEW}{stamp}"))
    flush_folder(path.parent)
    finish_rebuild(path)


def finish_rebuild(path: Path) -> None:
    """
    Put a complete new file in its place, if there is one, and set aside what is there.

    Raises:
        OSError: the disk refuses.
    """
    for new in _beside(path, _NEW):
        aside = path.with_name(path.name + _TORN + new.name.removeprefix(path.name + _NEW))
        # Its companions first: no file is ever opened with the log of another one.
        for companion in ("-wal", "-shm", ""):
            file = path.with_name(path.name + companion)
            if file.exists():
                file.rename(aside.with_name(aside.name + companion))
        new.rename(path)
        flush_folder(path.parent)
    for old in _beside(path, _TORN)[:-_TORN_KEPT]:
        _log.warning("cannot keep every damaged spool: file=%s is removed", old)
        _remove(old)


def read_salvaged(disk: Disk) -> Salvaged | None:
    """Return what became of the file before this one, until it was reported."""
    try:
        text = disk.load_fact(_FACT)
        return _SALVAGED.decode(text) if text else None
    except (SpoolError, msgspec.DecodeError, UnicodeDecodeError) as error:
        # If it is the file, and not this text, the next work on it says so.
        _log.warning("cannot read what was salvaged: %s", error)
        return None


def forget_salvaged(disk: Disk) -> None:
    """Record that what became of the file before this one was reported."""
    disk.save_fact(_FACT, "")


def salvage_file(damaged: Path, into: Disk) -> Salvaged:
    """
    Copy what can be read of a damaged file; its first page is replaced if SQLite cannot read it.
    """
    try:
        if not _is_readable(damaged):
            _give_first_page(damaged, into)
        with closing(sqlite3.connect(damaged, isolation_level=None)) as source:
            source.execute("PRAGMA query_only = 1")
            return salvage(source, into)
    except (sqlite3.Error, SpoolError, OSError) as error:
        _log.error("cannot read spool file=%s: %s; nothing of it is kept", damaged, error)
        return Salvaged()


def salvage(source: sqlite3.Connection, into: Disk) -> Salvaged:
    """
    Copy what can be read of an open file.

    Raises:
        SpoolError: the new file cannot be written.
    """
    batches, lost = 0, list[LostBatches]()
    _copy_facts(source, into)
    for known in _streams(source):
        stream, last = known.stream, known.last_number
        into.note_stream(stream, last, is_closed=known.is_closed)
        ordinal = stream.ordinal
        ids = (row_id(BatchKey(ordinal, 1)), row_id(BatchKey(ordinal, last)))
        gone: list[int] = []
        reason = LossReason.UNREADABLE
        for found in _found(source, ids):
            rows, bad = _split(found, known)
            gone += bad
            if reason is LossReason.DROPPED:
                gone += [row.key.number for row in rows]
                continue
            try:
                into.write_batches(rows, _layouts(source, rows), ())
                batches += len(rows)
            except SpoolFull as error:
                _log.error("cannot keep all of a damaged spool: %s; the rest is in the file", error)
                gone += [row.key.number for row in rows]
                reason = LossReason.DROPPED
        lost += [
            LostBatches(reason=reason, stream=stream.name, first=first, last=end)
            for first, end in _ranges(sorted(gone))
        ]
    return Salvaged(batches=batches, lost=tuple(lost))


def _is_readable(path: Path) -> bool:
    """
    Return whether SQLite finds the tables of a file.

    Raises:
        SpoolError: it is of another version, so that its tables may be others.
        OSError: there is no file, or an empty one.
    """
    if not path.stat().st_size:
        raise OSError("it is empty")
    try:
        with closing(sqlite3.connect(path, isolation_level=None)) as source:
            (version,) = source.execute("PRAGMA user_version").fetchone()
            (tables,) = source.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except sqlite3.Error:
        return False
    if version not in {0, SCHEMA_VERSION}:
        raise SpoolError(f"it has version {version}, not {SCHEMA_VERSION}")
    return int(tables) > 0


def _give_first_page(damaged: Path, donor: Disk) -> None:
    donor.checkpoint_wal()
    page = bytearray(donor.path.read_bytes()[:_PAGE_BYTES])
    page[28:40] = bytes(12)  # the number of pages, which is counted then, and the unused ones
    _log.error("cannot read the first page of spool file=%s; it is replaced", damaged)
    with damaged.open("r+b") as file:
        file.write(page)
        os.fsync(file.fileno())


def _beside(path: Path, end: str) -> list[Path]:
    """Return the files beside one with its name, an ``end`` and a time, oldest first."""
    there = sorted(path.parent.iterdir()) if path.parent.exists() else ()
    return [f for f in there if f.name.startswith(path.name + end) and f.name.endswith("Z")]


def _remove(path: Path) -> None:
    for companion in ("-wal", "-shm", ""):
        path.with_name(path.name + companion).unlink(missing_ok=True)


def _streams(source: sqlite3.Connection) -> list[KnownStream]:
    """Return the streams of a file, oldest first: of its batches, if its table cannot be read."""
    try:
        return streams_in(source)
    except (sqlite3.Error, UnicodeDecodeError) as error:
        _log.error("cannot read the streams of a damaged spool: %s; taken from batches", error)
    streams: dict[int, KnownStream] = {}
    for row in _rows_one_by_one(source):
        head = _head_of(row)
        if head is None or head.number != row.key.number:
            continue
        former = streams.get(row.key.ordinal)
        stream = StreamIdentity(
            ordinal=row.key.ordinal,
            name=head.stream,
            site=head.site,
            boot_id=head.boot_id,
            started_boottime_ns=row.sealed_boottime_ns,
            started_wall_ns=row.sealed_wall_ns,
        )
        streams[row.key.ordinal] = KnownStream(
            stream if former is None else former.stream, row.key.number, is_closed=False
        )
    return list(streams.values())


def _rows_one_by_one(source: sqlite3.Connection) -> Iterator[SpoolRow]:
    """
    Yield what can be read of all batches, whatever their streams.

    What follows a bad page is searched for in steps that double, and then by halves.
    """
    end = row_id(LAST)
    bad, low, step = -1, 0, 1
    while low <= end:
        row = _next_row(source, low)
        if row is False:
            bad, low, step = low, low + step, step * 2
            continue
        if step > 1 and low - bad > 1:
            while low - bad > 1:
                middle = (low + bad) // 2
                nearer = _next_row(source, middle)
                if nearer is False:
                    bad = middle
                else:
                    low, row = middle, nearer
        if row is None:
            return
        yield row
        low, step = row_id(row.key) + 1, 1


def _next_row(source: sqlite3.Connection, low: int) -> SpoolRow | Literal[False] | None:
    """Return the first batch at or behind an identity; ``False``: it cannot be read."""
    try:
        row = source.execute(
            f"SELECT {BATCHES} WHERE id >= ? ORDER BY id LIMIT 1", (low,)
        ).fetchone()
    except (sqlite3.Error, UnicodeDecodeError):
        return False
    return None if row is None else row_of(row)


def _found(source: sqlite3.Connection, ids: _Range) -> Iterator[list[SpoolRow] | int]:
    """Yield the rows between two identities, and each single one that cannot be read."""
    stack = [ids]
    while stack:
        low, high = stack.pop()
        while low <= high:
            try:
                rows = source.execute(
                    f"SELECT {BATCHES} WHERE id BETWEEN ? AND ? ORDER BY id LIMIT ?",
                    (low, high, _AT_ONCE),
                ).fetchall()
            except (sqlite3.Error, UnicodeDecodeError):
                if low == high:
                    yield low
                else:
                    middle = (low + high) // 2
                    stack += [(middle + 1, high), (low, middle)]
                break
            if rows:
                yield [row_of(row) for row in rows]
            if len(rows) < _AT_ONCE:
                break
            low = rows[-1][0] + 1


def _split(found: list[SpoolRow] | int, known: KnownStream) -> tuple[list[SpoolRow], list[int]]:
    """Return the rows that are what they are said to be, and the numbers of the others."""
    if isinstance(found, int):
        return [], [found - row_id(BatchKey(known.stream.ordinal, 0))]
    good = [row for row in found if _is_of(row, known)]
    kept = {row.key for row in good}
    return good, [row.key.number for row in found if row.key not in kept]


def _is_of(row: SpoolRow, known: KnownStream) -> bool:
    head = _head_of(row)
    return head is not None and (head.stream, head.number) == (known.stream.name, row.key.number)


def _head_of(row: SpoolRow) -> BatchHeader | None:
    try:
        return header_from_wire(read_arrays(row.body, _HEAD, DEFAULT_LIMITS), DEFAULT_LIMITS)
    except BatchError:
        return None


def _layouts(source: sqlite3.Connection, rows: Sequence[SpoolRow]) -> dict[bytes, bytes]:
    """Return the layouts of some batches; one that cannot be read may be in memory still."""
    layouts: dict[bytes, bytes] = {}
    for name in {row.layout for row in rows if row.layout}:
        # Once with the index, once without: either may be on the bad page.
        for table in ("layouts", "layouts NOT INDEXED"):
            try:
                found = source.execute(
                    f"SELECT body FROM {table} WHERE id = ?",  # noqa: S608 - ours
                    (name,),
                ).fetchone()
            except sqlite3.Error as error:
                _log.warning("cannot read layout of a damaged spool: %s", error)
                continue
            if found is not None:
                layouts[name] = bytes(found[0])
                break
    return layouts


def _copy_facts(source: sqlite3.Connection, into: Disk) -> None:
    try:
        facts = source.execute("SELECT name, value FROM facts NOT INDEXED").fetchall()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        _log.warning("cannot read facts of a damaged spool: %s; continuing without them", error)
        return
    for name, value in facts:
        into.save_fact(name, value)


def _ranges(numbers: Sequence[int]) -> list[_Range]:
    ranges: list[_Range] = []
    for number in numbers:
        if ranges and (number == ranges[-1][1] + 1 or len(ranges) == _RANGES_NAMED):
            ranges[-1] = (ranges[-1][0], number)
        else:
            ranges.append((number, number))
    return ranges
