"""The store in a database: what makes one right, moving in, and what a file does not have."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, inspect, select, text
from sqlalchemy.exc import IntegrityError

from tests.collector.cli.test_main import say
from tests.collector.store.test_migrations import GOLDEN, ROWS, assert_rows
from tests.collector.store.test_store import letter
from tests.postgres import PostgresServer
from thongsuot_collector.errors import StoreError
from thongsuot_collector.postgresql import PostgresDatabase
from thongsuot_collector.store import audit, dead_letters, people, tokens
from thongsuot_collector.store.copy import copy_store
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.store.postgresql import MIGRATION_LOCK, engine_for, open_database
from thongsuot_collector.store.tables import AUDIT, METADATA

pytestmark = pytest.mark.servers


@pytest.fixture
def database(postgres: PostgresServer) -> PostgresDatabase:
    return PostgresDatabase(url=postgres.new_database())


@pytest.fixture
def store(database: PostgresDatabase) -> Iterator[Engine]:
    engine = open_database(database)
    yield engine
    engine.dispose()


def test_a_database_of_version_9_has_its_rows_and_the_tables_of_a_new_one(
    database: PostgresDatabase, postgres: PostgresServer
) -> None:
    schema = (GOLDEN / "version-9.sql").read_text("utf-8").replace("BLOB", "BYTEA")
    # What keeps the audit log as it is reads otherwise in each database.
    schema = "\n".join(line for line in schema.splitlines() if "TRIGGER" not in line)
    rows = ROWS.replace("x'", "'\\x").replace(", 0, '3-abc'", ", false, '3-abc'")
    older = engine_for(database)
    with older.begin() as connection:
        connection.exec_driver_sql(schema)
        connection.exec_driver_sql(rows.replace(", 5, 1, ", ", 5, true, "))
    older.dispose()
    store, fresh = (
        open_database(database),
        open_database(PostgresDatabase(url=postgres.new_database())),
    )
    assert_rows(store)
    for name in METADATA.tables:
        before, after = inspect(store), inspect(fresh)
        columns = {column["name"]: column["type"] for column in before.get_columns(name)}
        expected = {column["name"]: column["type"] for column in after.get_columns(name)}
        assert {key: str(kind) for key, kind in columns.items()} == {
            key: str(kind) for key, kind in expected.items()
        }
        assert before.get_indexes(name) == after.get_indexes(name)
    store.dispose()
    fresh.dispose()


def test_two_collectors_that_start_at_once_make_one_store(database: PostgresDatabase) -> None:
    with ThreadPoolExecutor(4) as threads:
        engines = list(threads.map(lambda _: open_database(database), range(4)))
    secret = tokens.create(engines[0], "hoan-kiem")
    sites = [tokens.site_of(engine, tokens.digest_of(secret.encode())) for engine in engines]
    assert sites == ["hoan-kiem"] * 4
    for engine in engines:
        engine.dispose()


def test_a_start_waits_for_the_migration_of_another_collector_however_long_that_takes(
    postgres: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Other locks are waited for no longer than a moment: it failed, and was started again."""
    database = PostgresDatabase(url=f"{postgres.new_database()}%20-c%20lock_timeout%3D50ms")
    with ThreadPoolExecutor(1) as beside, database.connect() as migrating:
        migrating.execute("SELECT pg_advisory_xact_lock(%s)", (MIGRATION_LOCK,))
        with caplog.at_level(logging.INFO):
            opening = beside.submit(open_database, database)
            with pytest.raises(TimeoutError):
                opening.result(timeout=1.0)
            migrating.rollback()
            store = opening.result()
    assert "another collector is opening the store" in caplog.text
    store.dispose()


def test_a_text_that_a_device_has_sent_with_nul_is_kept_without_it(store: Engine) -> None:
    with store.begin() as connection:
        audit.write(connection, audit.AuditAction.ENROLLED, "hoan-kiem", detail="a\0b")
    (line,) = audit.listed(store)
    assert line.detail == "a\N{REPLACEMENT CHARACTER}b"


def test_a_database_with_a_language_collation_is_refused(postgres: PostgresServer) -> None:
    postgres.execute(
        "CREATE DATABASE sorted TEMPLATE template0 LOCALE_PROVIDER icu ICU_LOCALE 'vi'"
        " LOCALE 'C.UTF-8'"
    )
    with pytest.raises(StoreError, match=r"order of a language; make it with `createdb .*C\.UTF-8"):
        open_database(PostgresDatabase(url=postgres.url("sorted")))


def test_a_server_that_is_not_there_is_named(tmp_path: Path) -> None:
    url = f"postgresql+psycopg://thongsuot@/thongsuot?host={tmp_path}"
    with pytest.raises(StoreError, match="cannot use the store at postgresql://thongsuot@/thong"):
        open_database(PostgresDatabase(url=url))


def test_a_file_moves_into_a_database_with_every_row_and_continues_numbering(
    store: Engine, tmp_path: Path
) -> None:
    file = open_store(tmp_path / "store.sqlite")
    secret = tokens.create(file, "hoan-kiem")
    people.put(file, "lan", "Trần Thị Lan")
    for number in range(1, 4):
        dead_letters.put(file, letter(number, sequence=number, error="bad"))
    copied = copy_store(file, store)
    assert tokens.site_of(store, tokens.digest_of(secret.encode())) == "hoan-kiem"
    assert dead_letters.listed(store) == dead_letters.listed(file)
    assert audit.listed(store) == audit.listed(file)
    dead_letters.put(store, letter(4, sequence=4, error="bad"))
    assert [row.id for row in dead_letters.listed(store)] == [1, 2, 3, 4]
    with file.connect() as connection:
        for table in METADATA.sorted_tables:
            count = connection.execute(select(func.count()).select_from(table)).scalar_one()
            assert copied[table.name] == count
    with pytest.raises(StoreError, match="has rows in"):
        copy_store(file, store)
    file.dispose()


def test_the_audit_log_cannot_be_emptied_at_once_either(store: Engine) -> None:
    with store.begin() as connection:
        audit.write(connection, audit.AuditAction.ENROLLED, "hoan-kiem")
    with pytest.raises(IntegrityError, match="only added to"), store.begin() as connection:
        connection.execute(text(f"TRUNCATE {AUDIT.name}"))


def test_the_command_line_names_the_database_and_moves_the_store_there(
    database: PostgresDatabase, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state = tmp_path / "state"
    file = open_store(state / "store.sqlite")
    secret = tokens.create(file, "hoan-kiem")
    file.dispose()
    config = tmp_path / "collector.toml"
    config.write_text(f'state_dir = "state"\n[store]\nurl = "{database.url}"\n')
    status, out, _ = say(capsys, "check-config", "--config", config)
    assert (status, out.splitlines()[-1]) == (0, f"store: {database.shown}")
    status, _, err = say(capsys, "token", "list", "--config", config)
    assert (status, "`thongsuot-collector store copy` brings that over" in err) == (1, True)
    status, out, _ = say(capsys, "store", "copy", "--config", config)
    assert status == 0
    assert out.startswith(f"{database.shown}: ")
    status, out, _ = say(capsys, "token", "list", "--config", config)
    assert (status, "hoan-kiem" in out) == (0, True)
    store = open_database(database)
    assert tokens.site_of(store, tokens.digest_of(secret.encode())) == "hoan-kiem"
    store.dispose()
    status, _, err = say(capsys, "store", "copy", "--config", config)
    assert (status, "has rows in" in err) == (1, True)
