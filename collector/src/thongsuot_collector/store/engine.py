"""Opens the store: intact and of the newest version, or recovered from a damaged one."""

import logging
import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path

from sqlalchemy import Engine, Table, create_engine, event
from sqlalchemy.exc import DBAPIError

from thongsuot_collector.errors import StoreError
from thongsuot_collector.store import sqlite_file, write_queue
from thongsuot_collector.store.former_names import FORMER_NAMES, FormerNames
from thongsuot_collector.store.migrations import migrate, version_of
from thongsuot_collector.store.sqlite_first_page import restore_schema
from thongsuot_collector.store.sqlite_salvage import (
    Row,
    Salvaged,
    copy_rows,
    last_row,
    open_damaged,
)
from thongsuot_collector.store.tables import METADATA
from thongsuot_schema.localizable import Localizable

_log = logging.getLogger(__name__)


def open_store(
    path: Path,
    *,
    accept_empty: bool = False,
    alone: Callable[[], AbstractContextManager[None]] = nullcontext,
    before_migration: Callable[[int], None] = lambda _version: None,
) -> Engine:
    """
    Return the store at a path: a new one if there is none, recovered if it is damaged.

    ``accept_empty``: start with an empty one if nothing of a damaged one is readable. ``alone`` is
    entered to recover it: a collector that runs would go on writing to the file that is set aside.
    ``before_migration`` is called with the version of one that exists, while nobody else can write.

    Raises:
        StoreError: it was written by a newer collector, its file cannot be opened, or nothing of a
            damaged one is readable.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    recovered = path.with_name(path.name + ".recovered")
    if not path.exists() and recovered.exists():
        # The last start ended between removing the damaged file and installing this one.
        recovered.rename(path)
    try:
        sqlite_file.check_file(path)
        sqlite_file.check_log(path)
    except sqlite3.DatabaseError as error:
        if not sqlite_file.is_damage(error):
            raise _cannot_open(path, str(error)) from error
        _log.error("store damaged: %s; recovering its readable part", error)
        with alone():
            _recover(path, recovered, accept_empty=accept_empty)
    try:
        return _opened(path, before_migration)
    except (sqlite3.Error, DBAPIError) as error:
        if reason := sqlite_file.refusal_of(error):
            raise _cannot_open(path, reason) from error
        raise


def _cannot_open(path: Path, reason: str) -> StoreError:
    return StoreError(
        Localizable(
            "cannot open the store {path}: {reason}; it stays as it is, and none is begun",
            path=str(path),
            reason=reason,
        )
    )


def _opened(path: Path, before_migration: Callable[[int], None] | None = None) -> Engine:
    if not path.exists():
        # It contains no secret in the clear, but its data is private.
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    engine = create_engine(f"sqlite+pysqlite:///{path.absolute()}")
    event.listen(engine, "connect", _prepare)
    write_queue.attach(engine)
    try:
        with engine.begin() as connection:
            # Python's driver begins no transaction for a CREATE or an ALTER: each would be
            # committed separately, with its own fsync, and a crash in the middle would leave half a
            # step.
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            if before_migration is not None and (version := version_of(connection)):
                before_migration(version)
            migrate(connection)
    except BaseException:
        engine.dispose()
        raise
    return engine


def _recover(path: Path, recovered: Path, *, accept_empty: bool) -> None:
    sqlite_file.remove(recovered)
    copied = salvage(path, recovered)
    if not any(table.rows for table in copied.values()) and not accept_empty:
        recovered.unlink()
        raise StoreError(
            Localizable(
                "the store {path} is damaged and nothing of it can be read: put it back"
                " from a backup, or run `thongsuot-collector run --accept-empty-store`:"
                " every agent then needs a new token, every person a new password, and "
                "open incidents are forgotten",
                path=str(path),
            )
        )
    quarantined = sqlite_file.quarantine_name(path)
    sqlite_file.write_losses(path, [f"{quarantined.name}: {lost}" for lost in _losses(copied)])
    sqlite_file.quarantine(path, quarantined)
    recovered.rename(path)
    rows = sum(table.rows for table in copied.values())
    lost = {name: table.unreadable for name, table in copied.items() if table.unreadable}
    for name, ranges in lost.items():
        _log.error("store: rows of %s that cannot be read: %s", name, ranges)
    _log.error(
        "store recovered: %d rows read, %d tables with rows that are lost; the damaged file is "
        "kept as %s",
        rows,
        len(lost),
        quarantined,
    )


def _losses(copied: Mapping[str, Salvaged]) -> list[str]:
    """Return what is lost of a store, for people: by table, with the numbers of the rows."""
    if not any(table.rows for table in copied.values()):
        return ["everything"]
    return [
        f"{name} {', '.join(f'{first}-{last}' for first, last in table.unreadable)}"
        for name, table in copied.items()
        if table.unreadable
    ]


def salvage(damaged: Path, target: Path) -> dict[str, Salvaged]:
    """
    Copy the readable rows of a damaged store into a new file; return the result by table.

    Raises:
        StoreError: the new file cannot be written; it is removed again.
        OSError: the same, of a file beside the damaged one.
    """
    try:
        _opened(target).dispose()
        copied = _copy_tables(damaged, target)
        with closing(sqlite3.connect(target)) as connection:
            sqlite_file.fold_log(connection)
    except (sqlite3.Error, DBAPIError) as error:
        sqlite_file.remove(target)
        raise StoreError(
            f"cannot write what is left of {damaged} to {target}: "
            f"{sqlite_file.refusal_of(error) or error}; the damaged file stays as it is"
        ) from error
    except BaseException:
        sqlite_file.remove(target)
        raise
    return copied


def _copy_tables(damaged: Path, recovered: Path) -> dict[str, Salvaged]:
    """Copy the readable rows of every table; return the result by table."""
    copied: dict[str, Salvaged] = {}

    def mend(copy: Path) -> None:
        restore_schema(copy, recovered.read_bytes())

    with (
        open_damaged(damaged, table="store_version", mend=mend) as source,
        closing(sqlite3.connect(recovered)) as target,
        target,
    ):
        for table in METADATA.sorted_tables:
            try:
                found_in, columns = _columns_in(source, table)
            except sqlite3.Error:
                return copied  # not even the names of tables are readable
            if columns:
                copied[table.name] = _copy_table(source, found_in, target, table.name, columns)
    return copied


def _columns_in(source: sqlite3.Connection, table: Table) -> tuple[str, dict[str, str]]:
    """
    Return the name of a table in a store, and its columns: present names, and those in the store.
    """
    former = FORMER_NAMES.get(table.name, FormerNames(table.name))
    name, there = table.name, _column_names(source, table.name)
    if not there:
        name, there = former.table, _column_names(source, former.table)
    columns = {}
    for column in table.columns:
        for candidate in (column.name, former.columns.get(column.name)):
            if candidate in there:
                columns[column.name] = candidate
    return name, columns


def _column_names(source: sqlite3.Connection, table: str) -> set[str]:
    return {row[1] for row in source.execute(f"PRAGMA table_info({table})")}


def _copy_table(
    source: sqlite3.Connection,
    found_in: str,
    target: sqlite3.Connection,
    name: str,
    columns: dict[str, str],
) -> Salvaged:
    names = ", ".join(("rowid", *(f'"{column}"' for column in columns)))
    marks = ", ".join("?" * (1 + len(columns)))
    insert = f"INSERT OR IGNORE INTO {name} ({names}) VALUES ({marks})"  # noqa: S608 - our tables

    def keep(rows: list[Row]) -> tuple[()]:
        target.executemany(insert, rows)
        return ()

    quoted = [f'"{column}"' for column in columns.values()]
    return copy_rows(source, found_in, quoted, last_row(source, found_in), keep)


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA busy_timeout = 30000")
