"""Reads every page of a SQLite file, beside its user, and says which tables are damaged."""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from thongsuot_collector.store import sqlite_file

_UNREADABLE = ("SQLITE_IOERR_READ", "SQLITE_IOERR_CORRUPTFS", "SQLITE_IOERR_DATA")
"""SQLite's error names for a disk that does not return a page; others are of one that is full."""


class FileDamage(msgspec.Struct, frozen=True, kw_only=True):
    """
    A damaged file, and the first finding about it.

    ``tables`` are those whose rows or indexes are damaged; none if the damage is outside of tables,
    or if not even their names can be read.
    """

    file: str
    tables: list[str]
    finding: str


def find_damage(path: Path) -> FileDamage | None:
    """
    Read all pages of an existing file that are in use, and compare each index with its table.

    Nothing is written. Others may write to the file meanwhile; its log cannot be shortened until
    this returns. A changed value in an intact row is not found: SQLite has no checksums of pages.

    Raises:
        sqlite3.DatabaseError: the file cannot be opened, for a reason other than damage.
    """
    try:
        sqlite_file.check_not_marked(path)
        sqlite_file.check_not_emptied(path)
        with closing(sqlite_file.open_read_only(path)) as connection:
            finding = _finding(connection, "PRAGMA integrity_check(1)")
            tables = _damaged_tables(connection) if finding else []
        if not finding:
            sqlite_file.check_log(path)
            return None
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise
        finding, tables = str(error), []
    return FileDamage(file=str(path), tables=tables, finding=finding)


def _damaged_tables(connection: sqlite3.Connection) -> list[str]:
    names = [
        str(name)
        for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    ]
    return [name for name in names if _finding(connection, f'PRAGMA integrity_check("{name}")')]


def _finding(connection: sqlite3.Connection, check: str) -> str:
    """Return the first finding of a check of SQLite; empty: there is none."""
    try:
        text = str(connection.execute(check).fetchone()[0])
    except sqlite3.DatabaseError as error:
        if not _is_damage(error):
            raise
        return str(error)
    lines = [line for line in text.splitlines() if not line.startswith("***")]
    return "" if text == "ok" else " ".join(lines[:1]) or text


def _is_damage(error: sqlite3.DatabaseError) -> bool:
    is_unreadable = getattr(error, "sqlite_errorname", "").startswith(_UNREADABLE)
    return is_unreadable or sqlite_file.is_damage(error)
