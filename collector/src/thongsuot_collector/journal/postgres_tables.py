"""The journal's tables in PostgreSQL, in a schema of their own; created by the first process."""

import secrets

import msgspec
from psycopg import Connection
from psycopg.rows import TupleRow

from thongsuot_collector.errors import JournalError
from thongsuot_collector.postgresql import JOURNAL_SCHEMA
from thongsuot_schema.localizable import Localizable

PostgresConnection = Connection[TupleRow]

ORDER_LOCK = 0x7473_6A6F
"""
A writer to the journal holds this advisory lock until its commit is visible, so sequences are in
the order of commits and no reader by sequence skips an entry.
"""

_STEPS: tuple[str, ...] = (
    # Names are compared byte by byte: the order of SQLite, and no index that a new libc corrupts.
    """
    CREATE TABLE journal (
        name text NOT NULL,
        version integer NOT NULL,
        head bigint NOT NULL DEFAULT 0,
        body_bytes bigint NOT NULL DEFAULT 0,
        entries bigint NOT NULL DEFAULT 0,
        trims bigint NOT NULL DEFAULT 0
    ) WITH (fillfactor = 20);
    CREATE TABLE entries (
        sequence bigint PRIMARY KEY,
        site text COLLATE "C" NOT NULL,
        stream text COLLATE "C" NOT NULL,
        number bigint NOT NULL,
        digest bytea NOT NULL,
        layout bytea NOT NULL,
        received_ns bigint NOT NULL,
        epoch_ns bigint NOT NULL,
        clock text NOT NULL,
        body bytea NOT NULL,
        signature bytea NOT NULL
    );
    ALTER TABLE entries ALTER COLUMN body SET STORAGE EXTERNAL;
    CREATE UNIQUE INDEX entries_identity ON entries (site, stream, number);
    CREATE TABLE trimmed (
        site text COLLATE "C" NOT NULL,
        stream text COLLATE "C" NOT NULL,
        first bigint NOT NULL,
        last bigint NOT NULL,
        PRIMARY KEY (site, stream, first)
    );
    CREATE TABLE layouts (id bytea PRIMARY KEY, received_ns bigint NOT NULL, body bytea NOT NULL);
    CREATE TABLE cursors (
        consumer text PRIMARY KEY,
        sequence bigint NOT NULL,
        note bytea NOT NULL,
        lost bigint NOT NULL DEFAULT 0,
        begun bigint,
        delivered bigint NOT NULL DEFAULT 0,
        set_aside bigint NOT NULL DEFAULT 0
    );
    CREATE TABLE damage (
        found_ns bigint NOT NULL,
        first bigint NOT NULL,
        last bigint NOT NULL,
        entries bigint NOT NULL,
        site text NOT NULL,
        stream text NOT NULL,
        first_number bigint NOT NULL,
        last_number bigint NOT NULL
    );
    CREATE TABLE damaged_entries (LIKE entries);
    CREATE TABLE tallies (
        day bigint NOT NULL,
        consumer text NOT NULL,
        site text COLLATE "C" NOT NULL,
        delivered bigint NOT NULL,
        set_aside bigint NOT NULL,
        lost bigint NOT NULL,
        PRIMARY KEY (day, consumer, site)
    );
    CREATE TABLE retried (
        consumer text NOT NULL,
        sequence bigint NOT NULL,
        PRIMARY KEY (consumer, sequence)
    );
    """,
    # The table beside the entries of which the disk of an earlier file has cost rows.
    "ALTER TABLE damage ADD COLUMN forgotten text NOT NULL DEFAULT '';",
)
"""``journal.version`` counts the steps. A change of the tables adds one, and never edits one."""


class JournalIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """The journal in a database, and its newest sequence."""

    name: str
    head: int


def create_or_migrate(connection: PostgresConnection) -> JournalIdentity:
    """
    Ensure that the tables exist and have this version.

    Raises:
        JournalError: they are of a newer collector.
    """
    with connection.transaction():
        take_order(connection)
        version = _version(connection)
        if version > len(_STEPS):
            raise _other_version(version)
        if version == 0:
            connection.execute(f"CREATE SCHEMA {JOURNAL_SCHEMA}")
        for step in _STEPS[version:]:
            connection.execute(step.encode())
        if version == 0:
            connection.execute(
                "INSERT INTO journal (name, version) VALUES (%s, %s)",
                (secrets.token_hex(8), len(_STEPS)),
            )
        else:
            connection.execute("UPDATE journal SET version = %s", (len(_STEPS),))
    return identity(connection)


def take_order(connection: PostgresConnection) -> None:
    """
    Wait until nobody else writes, and block others for the rest of the transaction.

    It is a separate statement, so that the next one sees everything committed before.
    """
    connection.execute("SELECT pg_advisory_xact_lock(%s)", (ORDER_LOCK,), prepare=True)


def identity(connection: PostgresConnection) -> JournalIdentity:
    """
    Return the identity of this journal.

    Raises:
        JournalError: there is none, or it is of another version.
    """
    version = _version(connection)
    if version == 0:
        raise JournalError(
            Localizable("there is no journal yet in the database; start the collector once")
        )
    if version != len(_STEPS):
        raise _other_version(version)
    row = connection.execute("SELECT name, head FROM journal").fetchone()
    assert row is not None, "the step that makes the table fills it"
    return JournalIdentity(name=row[0], head=row[1])


def _version(connection: PostgresConnection) -> int:
    there = connection.execute("SELECT to_regclass(%s)", (f"{JOURNAL_SCHEMA}.journal",)).fetchone()
    if there is None or there[0] is None:
        return 0
    row = connection.execute("SELECT version FROM journal").fetchone()
    return 0 if row is None else int(row[0])


def _other_version(version: int) -> JournalError:
    known = len(_STEPS)
    do = "install the newer collector again" if version > known else "start the collector once"
    return JournalError(
        f"the journal is of version {version}, this collector knows up to {known}; {do}"
    )
