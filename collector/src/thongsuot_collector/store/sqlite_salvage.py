"""
Reads the remaining rows of a damaged SQLite file, by ranges of rows.

SQLite finds a row through the pages above it, so one bad page only hides the rows on it or below
it. An unreadable range is halved down to single rows: of 1.5 million rows with one bad page all but
thirteen were recovered in 11 s (2026-11).
"""

import logging
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from thongsuot_collector.store import sqlite_log
from thongsuot_collector.store.sqlite_file import open_read_only
from thongsuot_collector.store.sqlite_first_page import header_of

_CHUNK_ROWS = 1024
"""Row numbers per read: 2 to 12 MB of bodies."""

Row = tuple[object, ...]

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Salvaged:
    """The result for one table: the number of rows read, and the unreadable row numbers."""

    rows: int = 0
    unreadable: list[tuple[int, int]] = field(default_factory=list)

    def add_unreadable(self, first: int, last: int) -> None:
        """Add an unreadable range, merged with an adjacent one."""
        if self.unreadable and self.unreadable[-1][1] + 1 >= first:
            self.unreadable[-1] = (self.unreadable[-1][0], last)
        else:
            self.unreadable.append((first, last))


@contextmanager
def open_damaged(
    path: Path, *, table: str = "", mend: Callable[[Path], None] | None = None
) -> Iterator[sqlite3.Connection]:
    """
    Open a damaged file for reading, without changing it.

    SQLite refuses a file that is shorter than its header states: then a copy padded with zeros is
    read, for which there has to be space beside it; without a header the log states the size. Where
    ``table`` is not found because the first page is damaged, ``mend`` is given a copy, which is
    read then. Of a log with a bad frame the later ones are read as well (``sqlite_log``), also from
    a copy.
    """
    copy = path.with_name(path.name + ".mended")
    source = path
    try:
        header = header_of(path)
        # Beside a file without a whole page SQLite deletes the log, also if it only reads.
        least_bytes = header.size_bytes or sqlite_log.database_bytes_in(path)
        # It may also have a log that states nothing, whose header is spoiled.
        if path.stat().st_size < max(1, least_bytes):
            source = _copied(path, copy)
            os.truncate(copy, least_bytes)
        used = _used_of_spoiled_log(source)
        if used is not None:
            source = _copied(path, copy) if source == path else source
            frames = sqlite_log.mend_log(copy, used)
            _log.error("read %d frames of the log of %s behind bad ones", frames, path)
        if mend is not None and not _has_table(source, table):
            # A copy that was padded, or whose log was mended, is not made again.
            source = _copied(path, copy) if source == path else source
            try:
                mend(copy)
            except sqlite3.DatabaseError as error:
                _log.error("cannot find the tables of %s: %s", path, error)
        with closing(open_read_only(source)) as connection:
            yield connection
    finally:
        for suffix in ("", "-wal", "-shm"):
            copy.with_name(copy.name + suffix).unlink(missing_ok=True)


def copy_rows(
    source: sqlite3.Connection,
    table: str,
    columns: Sequence[str],
    last_row: int,
    keep: Callable[[list[Row]], Sequence[int]],
) -> Salvaged:
    """
    Pass all readable rows of a table to ``keep``, in order of their row numbers.

    Each row is its row number followed by ``columns``. ``keep`` returns the numbers of invalid
    rows; they count as unreadable. ``last_row`` is the highest number to read.
    """
    query = (
        f"SELECT rowid, {', '.join(columns)} FROM {table} "  # noqa: S608 - names of our own tables
        "WHERE rowid BETWEEN ? AND ? ORDER BY rowid"
    )
    salvaged = Salvaged()
    for first in range(1, last_row + 1, _CHUNK_ROWS):
        waiting = [(first, min(first + _CHUNK_ROWS - 1, last_row))]
        while waiting:
            low, high = waiting.pop()
            try:
                rows = source.execute(query, (low, high)).fetchall()
            except sqlite3.Error:
                if low == high:
                    salvaged.add_unreadable(low, high)
                else:
                    middle = (low + high) // 2
                    # The lower half comes first: rows are passed in order.
                    waiting += [(middle + 1, high), (low, middle)]
                continue
            if rows:
                bad = keep(rows)
                salvaged.rows += len(rows) - len(bad)
                for number in bad:
                    salvaged.add_unreadable(number, number)
    return salvaged


def last_row(source: sqlite3.Connection, table: str) -> int:
    """Return the highest row number of a table, or of its part that is readable from the start."""
    try:
        row = source.execute(f"SELECT max(rowid) FROM {table}").fetchone()  # noqa: S608
        return int(row[0] or 0)
    except sqlite3.Error:
        return _last_readable(source, table) + _CHUNK_ROWS


def _used_of_spoiled_log(path: Path) -> int | None:
    """Return how many frames of a log are used, if complete transactions stand behind these."""
    try:
        with closing(open_read_only(path)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            used = sqlite_log.last_frame_used(path)
    except sqlite3.DatabaseError:
        # As it is without its first page: its log is read as far as SQLite does, or not at all
        # before its header is mended.
        return 0 if sqlite_log.has_bad_header(path) else None
    if used is None or not sqlite_log.has_dropped_commits(path, used):
        return None
    return used


def _has_table(path: Path, table: str) -> bool:
    query = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = ?"
    try:
        with closing(open_read_only(path)) as connection:
            return bool(connection.execute(query, (table,)).fetchone()[0])
    except sqlite3.DatabaseError:
        return False


def _copied(path: Path, copy: Path) -> Path:
    for suffix in ("", "-wal"):
        part = path.with_name(path.name + suffix)
        target = copy.with_name(copy.name + suffix)
        if part.exists():
            target.unlink(missing_ok=True)
            os.close(os.open(target, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
            shutil.copyfile(part, target)
    return copy


def _last_readable(source: sqlite3.Connection, table: str) -> int:
    last = 0
    try:
        for (number,) in source.execute(f"SELECT rowid FROM {table} ORDER BY rowid"):  # noqa: S608
            last = int(number)
    except sqlite3.Error:
        return last
    return last
