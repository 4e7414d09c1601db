"""
The second tier: batches that the collector did not accept in time, on the device's card.

SQLite in WAL mode with ``synchronous=FULL``: data is safe from a power cut once ``write_batches``
returns. One transaction per call, so that callers group (2026-11: each transaction of a 12 KB batch
costs about 74 KiB of device writes, whatever its payload). All methods block and belong to one
thread.
"""

import os
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from thongsuot_agent.errors import SpoolCorrupt, SpoolError, SpoolFull, SpoolMoved, SpoolUnreadable
from thongsuot_agent.spool.rows import (
    BATCHES,
    FIRST,
    LAST,
    NUMBER_BITS,
    KnownStream,
    SpoolRow,
    row_id,
    row_of,
    streams_in,
)
from thongsuot_agent.spool.stream import BatchKey, StreamIdentity

SCHEMA_VERSION = 1
_CACHE_KIB = 256
"""SQLite's default of 2 MiB buys nothing here: rows are written once and read once."""

_PAGE_BYTES = 4096
_LOG_PAGES = 64
"""
The log is checkpointed into the file at a quarter of a megabyte. SQLite's default is sixteen times
that, which is never reached on a disk with less free space.
"""
_RESERVED_BYTES = 384 * 1024
"""Space that stays free: without space for the log nothing can be removed."""
_REMOVED_AT_ONCE = 64
"""Batches removed in one transaction, so that its log fits in the reserved space."""

_READ_ERRORS = {
    sqlite3.SQLITE_IOERR_READ,
    sqlite3.SQLITE_IOERR_SHORT_READ,
    sqlite3.SQLITE_IOERR_CORRUPTFS,  # what EIO on a read is to SQLite
}

_SCHEMA = """
CREATE TABLE streams (
    ordinal INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    site TEXT NOT NULL,
    boot_id TEXT NOT NULL,
    started_boottime_ns INTEGER NOT NULL,
    started_wall_ns INTEGER NOT NULL,
    last_number INTEGER NOT NULL,
    is_closed INTEGER NOT NULL
) STRICT;
CREATE TABLE batches (
    id INTEGER PRIMARY KEY,
    sealed_boottime_ns INTEGER NOT NULL,
    sealed_wall_ns INTEGER NOT NULL,
    results INTEGER NOT NULL,
    news INTEGER NOT NULL,
    is_whole INTEGER NOT NULL,
    layout BLOB NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX news ON batches (id) WHERE news > 0;
CREATE TABLE layouts (id BLOB PRIMARY KEY, body BLOB NOT NULL) STRICT;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
"""


class DiskTotals(NamedTuple):
    """
    The amount of waiting data on the disk; ``used_bytes`` counts pages, like the card.
    ``by_stream`` counts the batches of each stream, by its ordinal.
    """

    batches: int
    results: int
    used_bytes: int
    by_stream: dict[int, int]


class Disk:
    """
    An open spool file.

    Raises, from every method: SpoolCorrupt: the file is damaged; see ``salvage``. SpoolFull:
        there is no space; see ``checkpoint_wal``. SpoolError: the disk refuses (read-only,
        failing); try again later.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with _spool_errors(path):
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            is_new = not path.exists()
            if not is_new and not path.stat().st_size and not _has_log(path):
                raise SpoolCorrupt(f"{path} is empty")
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            try:
                self._prepare()
            except BaseException:
                self._db.close()
                # An empty file is taken for one that lost its content.
                if is_new and path.exists() and not path.stat().st_size and not _has_log(path):
                    path.unlink()
                raise
            about = path.stat()
            self._file = about.st_dev, about.st_ino

    @property
    def connection(self) -> sqlite3.Connection:
        """The open file, for what reads it in its own way (see ``salvage``)."""
        return self._db

    def require_place(self) -> None:
        """Raise ``SpoolMoved`` if the open file is no longer the one of that name."""
        with _spool_errors(self.path):
            try:
                about = self.path.stat()
            except FileNotFoundError:
                raise SpoolMoved(f"{self.path} was removed") from None
        if (about.st_dev, about.st_ino) != self._file:
            raise SpoolMoved(f"{self.path} was replaced by another file")

    def _prepare(self) -> None:
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = FULL")
        self._db.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
        self._db.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
        self._db.execute(f"PRAGMA journal_size_limit = {_LOG_PAGES * _PAGE_BYTES}")
        (version,) = self._db.execute("PRAGMA user_version").fetchone()
        if version == 0:
            self._db.executescript(
                f"BEGIN; {_SCHEMA} PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            )
        elif version != SCHEMA_VERSION:
            raise SpoolCorrupt(f"{self.path} has version {version}, not {SCHEMA_VERSION}")
        (verdict,) = self._db.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise SpoolCorrupt(f"{self.path} is damaged: {verdict}")

    def close(self) -> None:
        """Close the file."""
        with _spool_errors(self.path):
            self._db.close()

    def checkpoint_wal(self) -> None:
        """Checkpoint the write-ahead log into the file and release its space."""
        with _spool_errors(self.path):
            self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def known_streams(self) -> list[KnownStream]:
        """Return every stream that was started and not removed, oldest first."""
        with _spool_errors(self.path):
            return streams_in(self._db)

    def note_stream(self, stream: StreamIdentity, last_number: int, *, is_closed: bool) -> None:
        """Record a stream, its last number, and whether it was closed properly."""
        with self._transaction():
            self._note_stream(stream, last_number, is_closed=is_closed)

    def write_batches(
        self,
        rows: Sequence[SpoolRow],
        layouts: dict[bytes, bytes],
        reached: Iterable[tuple[StreamIdentity, int]],
    ) -> None:
        """Write batches, their layouts, and the last numbers of their streams."""
        self._require_room(sum(len(row.body) for row in rows))
        with self._transaction():
            # Named by its content: the one that is there already is the same. Written again with
            # every transaction, it was a fifth of all bytes of an outage (2026-12).
            self._db.executemany(
                "INSERT OR IGNORE INTO layouts VALUES (?, ?)", list(layouts.items())
            )
            self._db.executemany(
                "INSERT OR REPLACE INTO batches VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                [(row_id(row.key), *row[1:]) for row in rows],
            )
            for stream, last_number in reached:
                self._note_stream(stream, last_number, is_closed=False)

    def oldest(self, limit: int, *, after: BatchKey = FIRST) -> list[SpoolRow]:
        """Return the oldest batches after one, oldest first."""
        return self._rows("WHERE id > :id ORDER BY id LIMIT :limit", limit, after)

    def oldest_whole(self, limit: int) -> list[SpoolRow]:
        """Return the oldest batches that still have detail, oldest first."""
        return self._rows("WHERE is_whole = 1 AND results > 0 ORDER BY id LIMIT :limit", limit)

    def oldest_without_news(self, limit: int) -> list[SpoolRow]:
        """Return the oldest batches that hold no news, oldest first."""
        return self._rows("WHERE news = 0 ORDER BY id LIMIT :limit", limit)

    def newest_news(self, before: BatchKey = LAST) -> SpoolRow | None:
        """Return the newest batch before another one that holds news."""
        rows = self._rows("WHERE news > 0 AND id < :id ORDER BY id DESC LIMIT :limit", 1, before)
        return rows[0] if rows else None

    def replace_bodies(self, rows: Sequence[SpoolRow]) -> None:
        """Replace the bodies of existing batches."""
        with self._transaction():
            self._db.executemany(
                "UPDATE batches SET results = ?, is_whole = ?, body = ? WHERE id = ?",
                [(row.results, row.is_whole, row.body, row_id(row.key)) for row in rows],
            )

    def remove_batches(self, keys: Iterable[BatchKey]) -> None:
        """Remove batches, which are acknowledged, or dropped and counted."""
        ids = [(row_id(key),) for key in keys]
        for first in range(0, len(ids), _REMOVED_AT_ONCE):
            with self._transaction():
                self._db.executemany(
                    "DELETE FROM batches WHERE id = ?", ids[first : first + _REMOVED_AT_ONCE]
                )

    def remove_unreferenced(self) -> None:
        """Remove closed streams without waiting batches, and unreferenced layouts."""
        with self._transaction():
            # The newest stays: the ordinal of the next stream follows from it.
            self._db.execute(
                "DELETE FROM streams WHERE is_closed = 1"
                " AND ordinal < (SELECT max(ordinal) FROM streams) AND NOT EXISTS (SELECT 1"
                " FROM batches WHERE id >= streams.ordinal << ? AND id < streams.ordinal + 1 << ?)",
                (NUMBER_BITS, NUMBER_BITS),
            )
            self._db.execute(
                "DELETE FROM layouts WHERE id NOT IN (SELECT DISTINCT layout FROM batches)"
            )

    def layout(self, layout_id: bytes) -> bytes | None:
        """Return an encoded layout."""
        with _spool_errors(self.path):
            row = self._db.execute("SELECT body FROM layouts WHERE id = ?", (layout_id,)).fetchone()
        return None if row is None else bytes(row[0])

    def totals(self) -> DiskTotals:
        """Return the amount of waiting data."""
        with _spool_errors(self.path):
            counts = self._db.execute(
                "SELECT id >> ?, count(*), sum(results) FROM batches GROUP BY 1", (NUMBER_BITS,)
            ).fetchall()
            (pages,) = self._db.execute("PRAGMA page_count").fetchone()
            (free,) = self._db.execute("PRAGMA freelist_count").fetchone()
            (page_bytes,) = self._db.execute("PRAGMA page_size").fetchone()
        return DiskTotals(
            batches=sum(row[1] for row in counts),
            results=sum(row[2] for row in counts),
            used_bytes=(pages - free) * page_bytes,
            by_stream={row[0]: row[1] for row in counts},
        )

    def load_fact(self, name: str) -> str | None:
        """Return a saved fact."""
        with _spool_errors(self.path):
            row = self._db.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def save_fact(self, name: str, value: str) -> None:
        """Save a small fact durably."""
        with self._transaction():
            self._db.execute(
                "INSERT INTO facts VALUES (?, ?)"
                " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                (name, value),
            )

    def _note_stream(self, stream: StreamIdentity, last_number: int, *, is_closed: bool) -> None:
        # Usually only the number changes. REPLACE writes the page of the index of names as well.
        changed = self._db.execute(
            "UPDATE streams SET last_number = ?, is_closed = ? WHERE ordinal = ? AND name = ?",
            (last_number, is_closed, stream.ordinal, stream.name),
        )
        if changed.rowcount:
            return
        self._db.execute(
            "INSERT OR REPLACE INTO streams VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                stream.ordinal,
                stream.name,
                stream.site,
                stream.boot_id,
                stream.started_boottime_ns,
                stream.started_wall_ns,
                last_number,
                is_closed,
            ),
        )

    def _rows(self, rest: str, limit: int, bound: BatchKey = FIRST) -> list[SpoolRow]:
        values = {"limit": limit, "id": row_id(bound)}
        with _spool_errors(self.path):
            rows = self._db.execute(
                f"SELECT {BATCHES} {rest}",
                values,
            ).fetchall()
        return [row_of(row) for row in rows]

    def _require_room(self, more_bytes: int) -> None:
        with _spool_errors(self.path):
            disk = os.statvfs(self.path.parent)
        free_bytes = disk.f_bavail * disk.f_frsize
        if free_bytes < more_bytes + _RESERVED_BYTES:
            raise SpoolFull(
                f"{self.path}: {free_bytes} bytes are free; {more_bytes} more would leave too "
                f"little to remove anything ({_RESERVED_BYTES})"
            )

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        with _spool_errors(self.path):
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


def _has_log(path: Path) -> bool:
    log = path.with_name(f"{path.name}-wal")
    return log.exists() and log.stat().st_size > 0


@contextmanager
def _spool_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}:
            raise SpoolCorrupt(f"{path}: {error}") from error
        if code == sqlite3.SQLITE_FULL:
            raise SpoolFull(f"{path}: {error}") from error
        if getattr(error, "sqlite_errorcode", 0) in _READ_ERRORS:
            raise SpoolUnreadable(f"{path}: {error}") from error
        raise SpoolError(f"{path}: {error}") from error
    except OSError as error:
        raise SpoolError(f"{path}: {error}") from error
