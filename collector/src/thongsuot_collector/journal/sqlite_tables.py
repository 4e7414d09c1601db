"""The journal's tables in SQLite, and opening the file: whole, or set aside and begun anew."""

import logging
import os
import secrets
import sqlite3
from pathlib import Path

from thongsuot_collector.store import sqlite_file

VERSION = 1
"""
``PRAGMA user_version`` of the tables below. A change adds a step to ``_STEPS``, and never edits
one.
"""

_STEPS: tuple[str, ...] = (
    """
    CREATE TABLE entries (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        site TEXT NOT NULL,
        stream TEXT NOT NULL,
        number INTEGER NOT NULL,
        digest BLOB NOT NULL,
        layout BLOB NOT NULL,
        received_ns INTEGER NOT NULL,
        epoch_ns INTEGER NOT NULL,
        clock TEXT NOT NULL,
        body BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX entries_identity ON entries (site, stream, number);
    CREATE TABLE trimmed (
        site TEXT NOT NULL,
        stream TEXT NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        PRIMARY KEY (site, stream, first)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE layouts (
        id BLOB PRIMARY KEY,
        received_ns INTEGER NOT NULL,
        body BLOB NOT NULL
    ) STRICT;
    CREATE TABLE cursors (
        consumer TEXT PRIMARY KEY,
        sequence INTEGER NOT NULL,
        note BLOB NOT NULL,
        lost INTEGER NOT NULL DEFAULT 0
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE journal (name TEXT NOT NULL) STRICT;
    """,
)

_log = logging.getLogger(__name__)


def open_or_quarantine(path: Path) -> Path | None:
    """
    Make sure that a whole journal stands at a path; return where a broken one was put, if there
    was.

    Raises:
        OSError: the folder cannot be written.
        sqlite3.OperationalError: the file cannot be opened although it is not damaged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        sqlite_file.check_file(path)
        _create(path)
    except sqlite3.DatabaseError as error:
        if not sqlite_file.is_damage(error):
            raise
        aside = sqlite_file.quarantine(path)
        _create(path)
        _log.error("journal damaged: %s; set aside as %s, a new one started", error, aside)
        return aside
    return None


def connect(path: Path, *, writable: bool) -> sqlite3.Connection:
    """
    Return a connection to a journal that exists.

    A writing one flushes each commit to the disk before it returns (``synchronous = FULL``).
    """
    mode = "rw" if writable else "ro"
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode={mode}",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        timeout=30.0,
    )
    if writable:
        connection.execute("PRAGMA synchronous = FULL")
        # A checkpoint flushes twice; fewer of them, over a log that stays below 16 MB.
        connection.execute("PRAGMA wal_autocheckpoint = 4000")
        connection.execute("PRAGMA journal_size_limit = 67108864")
    return connection


def _create(path: Path) -> None:
    if not path.exists():
        # Nobody but the collector reads what agents pushed.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    connection = connect(path, writable=True)
    try:
        version = int(connection.execute("PRAGMA user_version").fetchone()[0])
        if version == 0:
            # Both take effect only in an empty file. Bodies of 1 to 12 KB need fewer overflow
            # pages.
            connection.execute("PRAGMA page_size = 8192")
            connection.execute("PRAGMA journal_mode = WAL")
        for step, script in enumerate(_STEPS[version:], start=version + 1):
            connection.executescript(f"BEGIN; {script} PRAGMA user_version = {step}; COMMIT;")
        if connection.execute("SELECT count(*) FROM journal").fetchone()[0] == 0:
            connection.execute("INSERT INTO journal (name) VALUES (?)", (secrets.token_hex(8),))
    finally:
        connection.close()
