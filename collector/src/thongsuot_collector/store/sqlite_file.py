"""Detects damaged SQLite files, and keeps them under a clear name."""

import logging
import os
import sqlite3
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from thongsuot_collector.store import sqlite_log

_log = logging.getLogger(__name__)

_DAMAGE_CODES = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR_SHORT_READ")
"""Prefixes of SQLite's error names for: invalid pages, not a database, missing pages."""

_REFUSAL_CODES = (
    "SQLITE_FULL",
    "SQLITE_IOERR",
    "SQLITE_READONLY",
    "SQLITE_CANTOPEN",
    "SQLITE_BUSY",
    *_DAMAGE_CODES,
)
"""Prefixes of SQLite's error names that no statement of ours is the reason for."""

RESTORING_SUFFIX = ".restoring"

_QUICK_CHECK_BYTES = 256 << 20
"""
Up to this size every page is checked at start (about a second). Above, only the tables are checked:
deeper damage is found when it is read, marked, and recovered by the next start.
"""


def is_damage(error: BaseException) -> bool:
    """Return whether an error of SQLite means that the file itself is damaged."""
    return getattr(error, "sqlite_errorname", "").startswith(_DAMAGE_CODES) or (
        isinstance(error, sqlite3.DatabaseError) and "malformed" in str(error)
    )


def refusal_of(error: BaseException) -> str:
    """Return why the machine lets SQLite not read or write; empty: the error is another."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    is_refusal = getattr(cause, "sqlite_errorname", "").startswith(_REFUSAL_CODES)
    return str(cause) if is_refusal else ""


def check_file(path: Path) -> None:
    """
    Check that a file is intact; a missing file is.

    Raises:
        sqlite3.DatabaseError: it is damaged (``is_damage``), or it cannot be read.
    """
    if not path.exists():
        return
    check_not_marked(path)
    check_not_emptied(path)
    connection = open_read_only(path)
    try:
        if path.stat().st_size <= _QUICK_CHECK_BYTES:
            verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        else:
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
            verdict = "ok"
    finally:
        connection.close()
    if verdict != "ok":
        raise sqlite3.DatabaseError(f"malformed: {verdict}")


def open_read_only(path: Path) -> sqlite3.Connection:
    """Open a file that SQLite does not change: a damaged one is set aside as it is."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)


def check_not_marked(path: Path) -> None:
    """
    Check that nobody has marked a file as damaged while it was in use.

    Raises:
        sqlite3.DatabaseError: somebody has (``is_damage``).
    """
    marker = damage_marker(path)
    if marker.exists():
        raise sqlite3.DatabaseError(f"malformed while running: {marker.read_text('utf-8').strip()}")


def check_not_emptied(path: Path) -> None:
    """
    Check, before SQLite opens a file that exists, that it has not lost its content.

    SQLite writes the file before the log. Beside a file of no bytes it deletes the log, also if it
    only reads; everything that the log has would be gone.

    Raises:
        sqlite3.DatabaseError: the file is empty, and its log is not (``is_damage``).
    """
    log = path.with_name(path.name + "-wal")
    if log.exists() and log.stat().st_size and not path.stat().st_size:
        raise sqlite3.DatabaseError("malformed: the file is empty, and its log is not")


def check_log(path: Path) -> None:
    """
    Check that SQLite does not drop complete transactions from the log of a file; others may write.

    Raises:
        sqlite3.DatabaseError: it does, or the file cannot be read.
    """
    if not path.exists():
        return
    with closing(open_read_only(path)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        if (frame := sqlite_log.drops_commits(path)) is not None:
            raise sqlite3.DatabaseError(f"malformed: frame {frame} of its log or a later one")


def restoring_part(path: Path) -> Path:
    """Return the name that a file has until it is restored completely from a backup."""
    return path.with_name(path.name + RESTORING_SUFFIX)


def is_restoring(path: Path) -> bool:
    """Return whether a file is missing because its restore was interrupted, or is not over yet."""
    return restoring_part(path).exists() and not path.exists()


def has_tables(path: Path) -> bool:
    """
    Return whether a file has any table; a damaged one may have.

    A file that lost its content (a file system after a power cut, a copy without its log) is a
    valid database without tables for SQLite, which then also deletes the log beside an empty file.
    """
    if not path.exists() or not path.stat().st_size:
        return False
    try:
        with closing(open_read_only(path)) as opened:
            return bool(opened.execute("SELECT count(*) FROM sqlite_schema").fetchone()[0])
    except sqlite3.DatabaseError:
        return True  # whoever opens it says what is wrong


def quarantine_name(path: Path) -> Path:
    """Return the name for keeping a damaged file that is found now."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    return path.with_name(f"{path.name}.damaged-{stamp}")


def quarantine(path: Path, quarantined: Path) -> None:
    """Move a damaged file out of the way, together with its journal files."""
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(quarantined.with_name(quarantined.name + suffix))
    damage_marker(path).unlink(missing_ok=True)


def write_losses(path: Path, losses: Sequence[str]) -> None:
    """Record durably what a recovery could not read, until it is in the record of the journal."""
    if losses:
        with losses_file(path).open("a", encoding="utf-8") as opened:
            opened.writelines(f"{lost}\n" for lost in losses)
            opened.flush()
            os.fsync(opened.fileno())


def read_losses(path: Path) -> list[str]:
    """Return the losses that are not in the record of the journal yet."""
    file = losses_file(path)
    return file.read_text("utf-8").splitlines() if file.exists() else []


def losses_file(path: Path) -> Path:
    """Return the file of ``write_losses``."""
    return path.with_name(path.name + ".lost")


def fold_log(connection: sqlite3.Connection) -> None:
    """
    Write everything from the log into the file itself, and to the disk: it may be renamed then.

    Raises:
        sqlite3.OperationalError: this failed; closing the connection would hide it.
    """
    is_busy = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if is_busy:
        raise sqlite3.OperationalError("its log cannot be written into the file")


def remove(path: Path) -> None:
    """Delete a file and its log, as far as they exist."""
    for suffix in ("-wal", "-shm", ""):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


def mark_damaged(path: Path, error: BaseException) -> None:
    """
    Record for the next start that a file in use turned out to be damaged.

    On a disk that is full it cannot be recorded: the damage is what ends the process all the same,
    and is found again by the next one.
    """
    try:
        damage_marker(path).write_text(f"{error}\n", encoding="utf-8")
    except OSError as failure:
        _log.error("cannot record that %s is damaged (%s): %s", path, error, failure)


def damage_marker(path: Path) -> Path:
    """Return the marker file whose presence means that the one at ``path`` is damaged."""
    return path.with_name(path.name + ".damaged")
