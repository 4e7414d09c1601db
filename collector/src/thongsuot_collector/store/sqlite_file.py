"""A SQLite file that may be damaged: how to tell, and how to keep it under a clear name."""

import sqlite3
import time
from pathlib import Path

_DAMAGE_CODES = ("SQLITE_CORRUPT", "SQLITE_NOTADB", "SQLITE_IOERR_SHORT_READ")
"""Beginnings of SQLite's names for: pages that make no sense, no database at all, pages missing."""

_QUICK_CHECK_BYTES = 256 << 20
"""
Up to this size every page is checked at start (about a second). Above, only a look at the tables:
what is damaged deeper is found when it is read, marked, and recovered by the next start.
"""


def is_damage(error: BaseException) -> bool:
    """Whether an error of SQLite says that the file itself is broken."""
    return getattr(error, "sqlite_errorname", "").startswith(_DAMAGE_CODES) or (
        isinstance(error, sqlite3.DatabaseError) and "malformed" in str(error)
    )


def check_file(path: Path) -> None:
    """
    Look whether a file is whole; a file that does not exist is.

    Raises:
        sqlite3.DatabaseError: it is broken (``is_damage``), or it cannot be read.
    """
    if not path.exists():
        return
    marker = damage_marker(path)
    if marker.exists():
        raise sqlite3.DatabaseError(f"malformed while running: {marker.read_text('utf-8').strip()}")
    # Read only: what is broken is set aside as it was found.
    connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)
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


def quarantine_name(path: Path) -> Path:
    """Return the name that a damaged file is kept under when it is found now."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    return path.with_name(f"{path.name}.damaged-{stamp}")


def quarantine(path: Path, quarantined: Path) -> None:
    """Rename a damaged file, and what belongs to it, out of the way."""
    for suffix in ("-wal", "-shm", ""):
        part = path.with_name(path.name + suffix)
        if part.exists():
            part.rename(quarantined.with_name(quarantined.name + suffix))
    damage_marker(path).unlink(missing_ok=True)


def mark_damaged(path: Path, error: BaseException) -> None:
    """Remember for the next start that a file in use turned out to be broken."""
    damage_marker(path).write_text(f"{error}\n", encoding="utf-8")


def damage_marker(path: Path) -> Path:
    """Return the file whose presence says that the one at ``path`` is broken."""
    return path.with_name(path.name + ".damaged")
