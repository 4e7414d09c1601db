"""
From any earlier version of the store to the newest, one step after the other.

A released step is never edited; a change of the tables adds one. Steps are plain Core, so that
they run on every database SQLAlchemy knows.
"""

from collections.abc import Callable

from sqlalchemy import Column, Connection, Integer, MetaData, Table, insert, select, update

from thongsuot_collector.errors import StoreError
from thongsuot_collector.store import audit, tables

_VERSION = Table("store_version", MetaData(), Column("version", Integer, nullable=False))


def _first_tables(connection: Connection) -> None:
    tables.METADATA.create_all(connection)


def _tables_of_telling(connection: Connection) -> None:
    for table in (tables.CONVERSATIONS, tables.DELIVERIES):
        # A store made today has them from the first step already.
        table.create(connection, checkfirst=True)


def _tables_of_incidents(connection: Connection) -> None:
    for table in (
        tables.TIMELINES,
        tables.INTERVALS,
        tables.INCIDENTS,
        tables.MEMBERS,
        tables.FAULTS,
        tables.WINDOWS,
    ):
        table.create(connection, checkfirst=True)


def _table_of_people(connection: Connection) -> None:
    tables.PEOPLE.create(connection, checkfirst=True)


def _tables_of_statements(connection: Connection) -> None:
    tables.STATEMENTS.create(connection, checkfirst=True)


def _tables_of_enrolment(connection: Connection) -> None:
    for table in (tables.ENROLMENTS, tables.AUDIT):
        table.create(connection, checkfirst=True)
    audit.seal(connection)


def _table_of_asks(connection: Connection) -> None:
    tables.TEST_REQUESTS.create(connection, checkfirst=True)


def _tables_of_site_plans(connection: Connection) -> None:
    for table in (tables.SITE_CONFIGS, tables.SITE_CONFIG_RUNS):
        table.create(connection, checkfirst=True)


def _table_of_certificates(connection: Connection) -> None:
    tables.CERTIFICATES.create(connection, checkfirst=True)


_STEPS: tuple[Callable[[Connection], None], ...] = (
    _first_tables,
    _tables_of_telling,
    _tables_of_incidents,
    _table_of_people,
    _tables_of_statements,
    _tables_of_enrolment,
    _table_of_asks,
    _tables_of_site_plans,
    _table_of_certificates,
)


def migrate(connection: Connection) -> None:
    """
    Bring the store to the newest version, inside the caller's transaction.

    Raises:
        StoreError: the store was written by a newer collector than this one.
    """
    _VERSION.create(connection, checkfirst=True)
    version = connection.execute(select(_VERSION.c.version)).scalar()
    if version is None:
        connection.execute(insert(_VERSION).values(version=0))
        version = 0
    if version > len(_STEPS):
        raise StoreError(
            f"the store is of version {version}, this collector knows up to {len(_STEPS)}; "
            "install the newer collector again"
        )
    for step in _STEPS[version:]:
        step(connection)
    connection.execute(update(_VERSION).values(version=len(_STEPS)))
