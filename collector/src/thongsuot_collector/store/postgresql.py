"""
The store in a PostgreSQL database, which several collectors share.

Imported on demand: a collector with embedded files needs no driver.
"""

import logging

import psycopg
from psycopg.rows import TupleRow
from psycopg.types.string import StrDumperUnknown
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.exc import DBAPIError

from thongsuot_collector.errors import StoreError
from thongsuot_collector.postgresql import PostgresDatabase, unfinished_restore, was_emptied
from thongsuot_collector.store.migrations import is_new, migrate
from thongsuot_collector.store.tables import METADATA
from thongsuot_schema.localizable import Localizable

_OLDEST_SERVER = (15,)

MIGRATION_LOCK = 0x7468_6F6E_6701
"""Two collectors that start at the same time must not both create the tables."""

_log = logging.getLogger(__name__)


class _TextDumper(StrDumperUnknown):
    """Removes NUL from texts, which PostgreSQL refuses and a device may have sent."""

    def dump(self, obj: str) -> bytes | None:
        encoded = super().dump(obj.replace("\0", "\N{REPLACEMENT CHARACTER}"))
        return None if encoded is None else bytes(encoded)


def engine_for(database: PostgresDatabase) -> Engine:
    """Return an engine for a database; nothing is connected yet."""
    # Tested before each use: the server may have failed over since.
    engine = create_engine(
        "postgresql+psycopg://", creator=database.connect, pool_pre_ping=True, pool_size=10
    )
    event.listen(engine, "connect", _prepare)
    return engine


def open_database(
    database: PostgresDatabase, *, may_be_new: bool = True, was_used: bool = False
) -> Engine:
    """
    Return the store in a database: created if missing, and migrated to the newest version.

    ``may_be_new``: whether the tables may be created; else an empty database is refused, as one
    that has lost its data if it ``was_used``.

    Raises:
        StoreError: it cannot be reached or used, or was written by a newer collector.
    """
    engine = engine_for(database)
    try:
        with engine.begin() as connection:
            _wait_for_migrations(connection)
            _check(connection, database.shown)
            _check_content(connection, database, may_be_new=may_be_new, was_used=was_used)
            migrate(connection)
    except (DBAPIError, psycopg.Error, OSError, ValueError) as error:
        engine.dispose()
        cause = error.orig if isinstance(error, DBAPIError) and error.orig else error
        raise StoreError(
            Localizable(
                "cannot use the store at {database}: {reason}",
                database=database.shown,
                reason=database.message_of(cause),
            )
        ) from error
    except BaseException:
        engine.dispose()
        raise
    return engine


def _wait_for_migrations(connection: Connection) -> None:
    """Take the lock of migrations, however long that of another collector lasts."""
    key = {"key": MIGRATION_LOCK}
    if connection.execute(text("SELECT pg_try_advisory_xact_lock(:key)"), key).scalar():
        return
    _log.info("another collector is opening the store, or migrating it: waiting for its end")
    connection.execute(text("SET LOCAL lock_timeout = 0"))
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), key)
    connection.execute(text("SET LOCAL lock_timeout TO DEFAULT"))


def unfinished(
    connection: psycopg.Connection[TupleRow], database: PostgresDatabase
) -> Localizable | None:
    """Return why a store must be left alone that is being restored; ``None``: it is complete."""
    keyed = [table.name for table in METADATA.tables.values() if table.primary_key.columns]
    return unfinished_restore(connection, database, keyed)


def driver_of(connection: Connection) -> psycopg.Connection[TupleRow]:
    """Return the driver's connection below one of SQLAlchemy."""
    driver = connection.connection.driver_connection
    assert isinstance(driver, psycopg.Connection)
    return driver


def _check_content(
    connection: Connection, database: PostgresDatabase, *, may_be_new: bool, was_used: bool
) -> None:
    is_empty = is_new(connection)
    # After it: if there is a store then its tables are there, and may lack their keys.
    if why := unfinished(driver_of(connection), database):
        raise StoreError(why)
    if may_be_new or not is_empty:
        return
    if was_used:
        raise StoreError(was_emptied(database))
    raise StoreError(
        Localizable(
            "the database {database} is empty, and this machine has a store of its "
            "own: `thongsuot-collector store copy` brings that over; or run "
            "`thongsuot-collector run --accept-empty-store`: every agent then needs"
            " a new token, and every person a new password",
            database=database.shown,
        )
    )


def _check(connection: Connection, place: str) -> None:
    """Check that the database stores texts unchanged, and sorts them like SQLite."""
    version = connection.dialect.server_version_info
    if version is not None and version < _OLDEST_SERVER:
        raise StoreError(
            Localizable(
                "{database} is PostgreSQL {version}; {oldest} is the oldest",
                database=place,
                version=version[0],
                oldest=_OLDEST_SERVER[0],
            )
        )
    row = connection.execute(
        text(
            "SELECT 'B' < 'a' AND 'a-c' < 'ab' AS by_code_point, "
            "current_setting('server_encoding') AS encoding"
        )
    ).one()
    if row.encoding != "UTF8" or not row.by_code_point:
        raise StoreError(
            Localizable(
                "the database {database} has the encoding {encoding} or the order of a "
                "language; make it with `createdb --template=template0 --encoding=UTF8 "
                "--locale=C.UTF-8`",
                database=place,
                encoding=row.encoding,
            )
        )


def _prepare(connection: psycopg.Connection[object], _record: object) -> None:
    connection.adapters.register_dumper(str, _TextDumper)
    connection.add_notice_handler(_log_notice)


def _log_notice(notice: psycopg.errors.Diagnostic) -> None:
    # "canceling wait for synchronous replication" accompanies a commit that is on one disk only.
    if notice.severity_nonlocalized == "WARNING":
        _log.warning("store: the server reports %s: %s", notice.sqlstate, notice.message_primary)
