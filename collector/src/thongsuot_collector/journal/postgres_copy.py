"""
The journal of one machine's file into a database that several share, with all that is known of it.

Name and sequence numbers are kept, so every consumer continues at its position.
"""

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec
import psycopg

from thongsuot_collector.errors import JournalError, JournalRefused
from thongsuot_collector.journal import sqlite_rows
from thongsuot_collector.journal.postgres_tables import (
    PostgresConnection,
    create_or_migrate,
    take_order,
)
from thongsuot_collector.journal.sqlite_tables import connect
from thongsuot_collector.postgresql import PostgresDatabase
from thongsuot_schema.localizable import Localizable

_TABLES = {
    "entries": {
        "sequence": "int8",
        "site": "text",
        "stream": "text",
        "number": "int8",
        "digest": "bytea",
        "layout": "bytea",
        "received_ns": "int8",
        "epoch_ns": "int8",
        "clock": "text",
        "body": "bytea",
        "signature": "bytea",
    },
    "trimmed": {"site": "text", "stream": "text", "first": "int8", "last": "int8"},
    "layouts": {"id": "bytea", "received_ns": "int8", "body": "bytea"},
    "cursors": {
        "consumer": "text",
        "sequence": "int8",
        "note": "bytea",
        "lost": "int8",
        "begun": "int8",
        "delivered": "int8",
        "set_aside": "int8",
    },
    "damage": {
        "found_ns": "int8",
        "first": "int8",
        "last": "int8",
        "entries": "int8",
        "site": "text",
        "stream": "text",
        "first_number": "int8",
        "last_number": "int8",
        "forgotten": "text",
    },
    "tallies": {
        "day": "int8",
        "consumer": "text",
        "site": "text",
        "delivered": "int8",
        "set_aside": "int8",
        "lost": "int8",
    },
    "retried": {"consumer": "text", "sequence": "int8"},
    "generations": {"id": "text", "head": "int8"},
}


_ORDER = {"generations": " ORDER BY number"}


class JournalCopy(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a copy: the number of entries, and the last sequence."""

    entries: int
    head: int


def copy_journal(file: Path, database: PostgresDatabase) -> JournalCopy:
    """
    Copy the journal in a file, of this version and written by nobody, in one transaction.

    Raises:
        JournalRefused: the server cannot be reached, or refuses; nothing was copied.
        JournalError: the database's journal is not empty, or the file cannot be read.
    """
    try:
        with database.connect() as target, closing(connect(file, writable=False)) as source:
            create_or_migrate(target)
            with target.transaction():
                take_order(target)
                return _copy(source, target)
    except sqlite3.Error as error:
        raise JournalError(
            Localizable(
                "cannot read {file}: {reason}; nothing was copied: start the collector "
                "on the file once more, it reads what can be read of it",
                file=str(file),
                reason=str(error),
            )
        ) from error
    except (psycopg.Error, OSError, ValueError) as error:
        raise JournalRefused(
            Localizable(
                "cannot copy to {database}: {reason}; nothing was copied",
                database=database.shown,
                reason=database.message_of(error),
            )
        ) from error


def _copy(source: sqlite3.Connection, target: PostgresConnection) -> JournalCopy:
    for table in ("entries", "trimmed", "cursors"):
        if target.execute(f"SELECT FROM {table} LIMIT 1".encode()).fetchone() is not None:
            raise JournalError(
                Localizable(
                    "the database has a journal with something in it: one is copied "
                    "into an empty one"
                )
            )
    source.execute("BEGIN")
    counts = {name: _copy_table(source, target, name) for name in _TABLES}
    head = sqlite_rows.last_sequence(source)
    target.execute(
        "UPDATE journal SET name = %s, head = %s, entries = %s, body_bytes = "
        "(SELECT coalesce(sum(octet_length(body)), 0) FROM entries)",
        (sqlite_rows.name(source), head, counts["entries"]),
    )
    return JournalCopy(entries=counts["entries"], head=head)


def _copy_table(source: sqlite3.Connection, target: PostgresConnection, name: str) -> int:
    types = _TABLES[name]
    columns = ", ".join(types)
    count = 0
    statement = f"COPY {name} ({columns}) FROM STDIN (FORMAT BINARY)"
    with target.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.set_types(list(types.values()))
        # In the order of rows: the server numbers generations again.
        for row in source.execute(f"SELECT {columns} FROM {name}{_ORDER.get(name, '')}"):  # noqa: S608 - our own names
            copy.write_row(row)
            count += 1
    return count
