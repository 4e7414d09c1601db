"""
Migrates the store from any earlier version to the newest, step by step.

A released step is never edited; a change of the tables adds one. Steps use plain SQLAlchemy Core,
so that they run on every supported database.
"""

from collections.abc import Callable
from functools import cache

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    create_mock_engine,
    insert,
    inspect,
    select,
    text,
    update,
)
from sqlalchemy.schema import DropIndex, ExecutableDDLElement

from thongsuot_collector.errors import StoreError
from thongsuot_collector.store import (
    acceptance_tables,
    account_tables,
    audit,
    cluster_tables,
    identity_tables,
    site_tables,
    tables,
)
from thongsuot_collector.store.former_names import FORMER_NAMES, FormerNames
from thongsuot_schema.localizable import Localizable

_VERSION = Table("store_version", MetaData(), Column("version", Integer, nullable=False))


def _tables_of_today(connection: Connection) -> None:
    dialect = connection.dialect
    for statement in _statements_of_today(f"{dialect.name}+{dialect.driver}"):
        connection.exec_driver_sql(statement)
    audit.seal(connection)


@cache
def _statements_of_today(dialect: str) -> tuple[str, ...]:
    """Return the statements that create every table of a new store; cached."""
    statements: list[str] = []

    def collect(statement: ExecutableDDLElement, *_: object) -> None:
        statements.append(str(statement.compile(dialect=engine.dialect)))

    engine = create_mock_engine(f"{dialect}://", collect)
    tables.METADATA.create_all(engine, checkfirst=False)
    return tuple(statements)


def _first_tables(connection: Connection) -> None:
    tables.METADATA.create_all(connection)


def _tables_of_notifications(connection: Connection) -> None:
    for table in (tables.NOTIFICATION_THREADS, tables.DELIVERIES):
        # A new store has them from the first step.
        table.create(connection, checkfirst=True)


def _tables_of_incidents(connection: Connection) -> None:
    for table in (
        tables.TIMELINES,
        tables.INTERVALS,
        tables.INCIDENTS,
        tables.INCIDENT_MEMBERS,
        tables.FAULTS,
        tables.MAINTENANCE_WINDOWS,
    ):
        table.create(connection, checkfirst=True)


def _table_of_people(connection: Connection) -> None:
    tables.PEOPLE.create(connection, checkfirst=True)


def _tables_of_statements(connection: Connection) -> None:
    tables.STATEMENTS.create(connection, checkfirst=True)


def _tables_of_enrolment(connection: Connection) -> None:
    for table in (identity_tables.ENROLMENTS, tables.AUDIT):
        table.create(connection, checkfirst=True)
    audit.seal(connection)


def _table_of_test_requests(connection: Connection) -> None:
    tables.TEST_REQUESTS.create(connection, checkfirst=True)


def _tables_of_site_configs(connection: Connection) -> None:
    for table in (tables.SITE_CONFIGS, tables.SITE_CONFIG_RUNS):
        table.create(connection, checkfirst=True)


def _table_of_certificates(connection: Connection) -> None:
    identity_tables.CERTIFICATES.create(connection, checkfirst=True)


def _field_terms(connection: Connection) -> None:
    """Rename tables and columns to the terms of their field."""
    for name, former in FORMER_NAMES.items():
        _rename(connection, tables.METADATA.tables[name], former)


def _rename(connection: Connection, table: Table, former: FormerNames) -> None:
    before = inspect(connection)
    if former.table != table.name and before.has_table(former.table):
        # An earlier step of the same migration has created it, empty, under its present name.
        table.drop(connection, checkfirst=True)
        connection.execute(text(f"ALTER TABLE {former.table} RENAME TO {table.name}"))
    after = inspect(connection)
    columns = {column["name"] for column in after.get_columns(table.name)}
    for new, old in former.columns.items():
        if old in columns:
            connection.execute(text(f"ALTER TABLE {table.name} RENAME COLUMN {old} TO {new}"))
    _replace_indexes(connection, table)


def _replace_indexes(connection: Connection, table: Table) -> None:
    """Drop the former indexes of a table, and create the present ones."""
    wanted = {index.name for index in table.indexes}
    reflected = Table(table.name, MetaData(), autoload_with=connection)
    for index in reflected.indexes:
        if index.name not in wanted:
            connection.execute(DropIndex(index))
    for index in table.indexes:
        index.create(connection, checkfirst=True)


def _tables_of_accounts(connection: Connection) -> None:
    for table in (tables.RECORD_STREAMS, tables.RECORD_ARRIVALS):
        table.create(connection, checkfirst=True)


def _retries_of_dead_letters(connection: Connection) -> None:
    columns = {column["name"] for column in inspect(connection).get_columns("dead_letters")}
    if "retry_ns" not in columns:  # a new store has it from the first step
        connection.execute(text("ALTER TABLE dead_letters ADD COLUMN retry_ns BIGINT"))


def _roles_and_desk_keys(connection: Connection) -> None:
    tables.DESK_KEYS.create(connection, checkfirst=True)
    known = {column["name"] for column in inspect(connection).get_columns("people")}
    for name, default in (("role", "city-engineer"), ("scope", "")):
        if name not in known:
            connection.execute(
                text(f"ALTER TABLE people ADD COLUMN {name} TEXT NOT NULL DEFAULT '{default}'")
            )


def _table_of_api_tokens(connection: Connection) -> None:
    tables.API_TOKENS.create(connection, checkfirst=True)


def _table_of_proposed_work(connection: Connection) -> None:
    tables.PROPOSED_WORK.create(connection, checkfirst=True)


def _table_of_acceptances(connection: Connection) -> None:
    tables.RECORD_ACCEPTANCES.create(connection, checkfirst=True)


def _table_of_signing_keys(connection: Connection) -> None:
    identity_tables.SIGNING_KEYS.create(connection, checkfirst=True)


def _table_of_line_rollups(connection: Connection) -> None:
    site_tables.LINE_ROLLUPS.create(connection, checkfirst=True)


def _table_of_commissioning_runs(connection: Connection) -> None:
    site_tables.COMMISSIONING_RUNS.create(connection, checkfirst=True)


def _requester_of_tests(connection: Connection) -> None:
    _rename(connection, tables.TEST_REQUESTS, FORMER_NAMES[tables.TEST_REQUESTS.name])


def _tables_of_sign_in(connection: Connection) -> None:
    for table in (
        account_tables.SESSIONS,
        account_tables.SECOND_FACTORS,
        account_tables.RECOVERY_CODES,
        account_tables.IDENTITIES,
    ):
        table.create(connection, checkfirst=True)


def _tables_of_a_cluster(connection: Connection) -> None:
    for table in (cluster_tables.LEADERSHIP, cluster_tables.HEARD_REPORTS):
        table.create(connection, checkfirst=True)


def _table_of_switch_overs(connection: Connection) -> None:
    site_tables.SWITCH_OVERS.create(connection, checkfirst=True)


def _table_of_commissioning_photos(connection: Connection) -> None:
    site_tables.COMMISSIONING_PHOTOS.create(connection, checkfirst=True)


def _acceptances_of_damage(connection: Connection) -> None:
    known = {column["name"] for column in inspect(connection).get_columns("record_acceptances")}
    for name, kind in (
        ("forgotten", "TEXT NOT NULL DEFAULT ''"),
        ("found_ns", "BIGINT NOT NULL DEFAULT 0"),
    ):
        if name not in known:
            connection.execute(text(f"ALTER TABLE record_acceptances ADD COLUMN {name} {kind}"))


def _unjudged_of_the_leader(connection: Connection) -> None:
    columns = {column["name"] for column in inspect(connection).get_columns("leadership")}
    if "unjudged" not in columns:
        connection.execute(
            text("ALTER TABLE leadership ADD COLUMN unjudged BIGINT NOT NULL DEFAULT 0")
        )


def _tables_of_accepted_entries_and_flaws(connection: Connection) -> None:
    for table in (
        acceptance_tables.SINK_ACCEPTANCES,
        acceptance_tables.SINK_ACCEPTANCE_DAYS,
        acceptance_tables.FLAW_ACCEPTANCES,
    ):
        table.create(connection, checkfirst=True)


def _generation_of_positions(connection: Connection) -> None:
    columns = {column["name"] for column in inspect(connection).get_columns("positions")}
    if "generation" not in columns:
        connection.execute(
            text("ALTER TABLE positions ADD COLUMN generation TEXT NOT NULL DEFAULT ''")
        )


_STEPS: tuple[Callable[[Connection], None], ...] = (
    _first_tables,
    _tables_of_notifications,
    _tables_of_incidents,
    _table_of_people,
    _tables_of_statements,
    _tables_of_enrolment,
    _table_of_test_requests,
    _tables_of_site_configs,
    _table_of_certificates,
    _field_terms,
    _tables_of_accounts,
    _retries_of_dead_letters,
    _roles_and_desk_keys,
    _table_of_api_tokens,
    _table_of_proposed_work,
    _table_of_acceptances,
    _table_of_signing_keys,
    _table_of_line_rollups,
    _table_of_commissioning_runs,
    _requester_of_tests,
    _tables_of_sign_in,
    _tables_of_a_cluster,
    _table_of_switch_overs,
    _table_of_commissioning_photos,
    _acceptances_of_damage,
    _unjudged_of_the_leader,
    _tables_of_accepted_entries_and_flaws,
    _generation_of_positions,
)


NEWEST = len(_STEPS)
"""The version of a store that this program writes."""


def version_of(connection: Connection) -> int:
    """Return the version of a store; 0: there is none yet."""
    if is_new(connection):
        return 0
    return int(connection.execute(select(_VERSION.c.version)).scalar() or 0)


def is_new(connection: Connection) -> bool:
    """Return whether there is no store yet, or only the empty tables of one."""
    if not inspect(connection).has_table(_VERSION.name):
        return True
    return connection.execute(select(_VERSION.c.version)).scalar() is None


def migrate(connection: Connection) -> None:
    """
    Migrate the store to the newest version, inside the caller's transaction.

    Raises:
        StoreError: the store was written by a newer collector than this one.
    """
    _VERSION.create(connection, checkfirst=True)
    version = connection.execute(select(_VERSION.c.version)).scalar()
    if version is None:
        # A new store has nothing to rename, so its tables need not be inspected.
        _tables_of_today(connection)
        connection.execute(insert(_VERSION).values(version=NEWEST))
        return
    if version > NEWEST:
        raise StoreError(
            Localizable(
                "the store is of version {version}, this collector knows up to {known};"
                " install the newer collector again",
                version=version,
                known=NEWEST,
            )
        )
    for step in _STEPS[version:]:
        step(connection)
    connection.execute(update(_VERSION).values(version=NEWEST))
