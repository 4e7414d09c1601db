"""The journal's tables in SQLite, and opening the file: whole, or recovered from a damaged one."""

import logging
import os
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

from thongsuot_collector.errors import JournalError
from thongsuot_collector.journal import sqlite_rows
from thongsuot_collector.journal.recovery import Recovery, recover
from thongsuot_collector.store import sqlite_file
from thongsuot_schema.localizable import Localizable

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
    # Losses to a broken disk, found when the journal was opened; see ``recovery``.
    """
    CREATE TABLE damage (
        found_ns INTEGER NOT NULL,
        file TEXT NOT NULL,
        first INTEGER NOT NULL,
        last INTEGER NOT NULL,
        entries INTEGER NOT NULL,
        site TEXT NOT NULL,
        stream TEXT NOT NULL,
        first_number INTEGER NOT NULL,
        last_number INTEGER NOT NULL
    ) STRICT;
    """,
    # The fate of entries at each consumer, by day of arrival: the newest days together.
    """
    CREATE TABLE tallies (
        day INTEGER NOT NULL,
        consumer TEXT NOT NULL,
        site TEXT NOT NULL,
        delivered INTEGER NOT NULL,
        set_aside INTEGER NOT NULL,
        lost INTEGER NOT NULL,
        PRIMARY KEY (day, consumer, site)
    ) STRICT, WITHOUT ROWID;
    ALTER TABLE cursors ADD COLUMN begun INTEGER;
    ALTER TABLE cursors ADD COLUMN delivered INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE cursors ADD COLUMN set_aside INTEGER NOT NULL DEFAULT 0;
    """,
    # Dead letters that were delivered after all: each is counted once.
    """
    CREATE TABLE retried (
        consumer TEXT NOT NULL,
        sequence INTEGER NOT NULL,
        PRIMARY KEY (consumer, sequence)
    ) STRICT, WITHOUT ROWID;
    """,
    # Who vouches for a batch, see ``schema.batch.signature``; empty: nobody.
    "ALTER TABLE entries ADD COLUMN signature BLOB NOT NULL DEFAULT x'';",
    # The table beside the entries of which a disk has cost rows. The version on a page that is not
    # the first one, too, so that a file of a newer collector is known without that.
    """
    ALTER TABLE damage ADD COLUMN forgotten TEXT NOT NULL DEFAULT '';
    ALTER TABLE journal ADD COLUMN version INTEGER NOT NULL DEFAULT 0;
    """,
    # See ``generations``: in the order of their numbers.
    """
    CREATE TABLE generations (
        number INTEGER PRIMARY KEY,
        id TEXT NOT NULL,
        head INTEGER NOT NULL
    ) STRICT;
    """,
)
"""
``PRAGMA user_version`` and ``journal.version`` count the steps that a file has seen. A change of
the tables adds one, and never edits one.
"""

NEWEST = len(_STEPS)
"""The version of a journal that this program writes."""

_log = logging.getLogger(__name__)


def version_of(path: Path) -> int:
    """
    Return the version of a journal; 0: there is none, or a damaged one, which is made anew.

    Raises:
        JournalError: its file cannot be opened although it is not damaged.
    """
    if not path.exists():
        return 0
    try:
        with closing(connect(path, writable=False)) as connection:
            return int(connection.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.DatabaseError as error:
        if sqlite_file.is_damage(error):
            return 0
        raise _cannot_open(path, error) from error


def open_or_recover(path: Path) -> Path | None:
    """
    Make sure that an intact journal is at a path; return the new place of a damaged one, if there
    was one.

    Its readable entries are in the new one (``recovery``).

    Raises:
        OSError: the folder cannot be written.
        JournalError: the journal is of a newer collector, or its file cannot be opened although it
            is not damaged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    recovered = path.with_name(path.name + ".recovered")
    if not path.exists() and recovered.exists():
        # The last start ended between taking the damaged file away and putting this in its place.
        recovered.rename(path)
    try:
        sqlite_file.check_file(path)
        sqlite_file.check_log(path)
        _create(path)
    except sqlite3.DatabaseError as error:
        if not sqlite_file.is_damage(error):
            raise _cannot_open(path, error) from error
        _log.error("journal damaged: %s; recovering its readable part", error)
        return _recover(path, recovered)
    return None


def _cannot_open(path: Path, error: sqlite3.Error) -> JournalError:
    return JournalError(
        Localizable(
            "cannot open the journal {path}: {reason}; it stays as it is, and none is begun",
            path=str(path),
            reason=str(error),
        )
    )


def _recover(path: Path, recovered: Path) -> Path:
    sqlite_file.remove(recovered)
    quarantined = sqlite_file.quarantine_name(path)
    recovery = salvage(path, recovered, file=quarantined.name)
    sqlite_file.quarantine(path, quarantined)
    recovered.rename(path)
    if recovery is None:
        _log.error("nothing in the journal could be read; kept as %s, started empty", quarantined)
    else:
        _log.error(
            "journal recovered: %d entries read, %d lost (`thongsuot-collector verify` names "
            "them); the damaged file is kept as %s",
            recovery.entries,
            recovery.lost_entries,
            quarantined,
        )
    return quarantined


def salvage(damaged: Path, target: Path, *, file: str) -> Recovery | None:
    """
    Copy the readable part of a damaged journal into a new file; ``None`` if nothing is readable.

    It lists the losses, for a file called ``file``.

    Raises:
        JournalError: the new file cannot be written; it is removed again.
        OSError: the same, of a file beside the damaged one.
    """
    try:
        _create(target)
        with closing(connect(target, writable=True)) as connection:
            recovery = recover(damaged, connection, file=file)
            # Before it takes the place of the other.
            sqlite_file.fold_log(connection)
    except sqlite3.Error as error:
        sqlite_file.remove(target)
        raise JournalError(
            Localizable(
                "cannot write what is left of {damaged} to {target}: {reason}; the "
                "damaged file stays as it is",
                damaged=str(damaged),
                target=str(target),
                reason=str(error),
            )
        ) from error
    except BaseException:
        sqlite_file.remove(target)
        raise
    return recovery


def connect(path: Path, *, writable: bool) -> sqlite3.Connection:
    """
    Return a connection to a journal that exists.

    A writing one flushes each commit to the disk before it returns (``synchronous = FULL``).

    Raises:
        sqlite3.DatabaseError: it cannot be opened, or it has lost its content beside its log.
    """
    sqlite_file.check_not_emptied(path)
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


def check_known(connection: sqlite3.Connection) -> None:
    """
    Refuse a journal that this program cannot read.

    Raises:
        JournalError: it is of a newer collector.
    """
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    sqlite_rows.check_version(version, NEWEST)


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
        sqlite_rows.check_version(version, NEWEST)
        if steps := _STEPS[version:]:
            # All or none of them, and one flush to the disk.
            connection.executescript(
                f"BEGIN; {''.join(steps)} "  # noqa: S608 - our own steps
                f"UPDATE journal SET version = {NEWEST}; "
                f"PRAGMA user_version = {NEWEST}; COMMIT;"
            )
        if connection.execute("SELECT count(*) FROM journal").fetchone()[0] == 0:
            connection.execute(
                "INSERT INTO journal (name, version) VALUES (?, ?)",
                (secrets.token_hex(8), NEWEST),
            )
    finally:
        connection.close()
