"""A store of an earlier version opens with all its rows, under the names of today."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import Engine, inspect, select

from thongsuot_collector.store import dead_letters, site_configs, test_requests
from thongsuot_collector.store.cluster_tables import LEADERSHIP
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.store.tables import (
    DELIVERIES,
    FAULTS,
    INCIDENT_MEMBERS,
    METADATA,
    NOTIFICATION_THREADS,
    STATEMENTS,
)

GOLDEN = Path(__file__).parents[2] / "golden" / "store"

ROWS = """
INSERT INTO set_aside VALUES (7, 1, 'state', 'ba-dinh', 's', 3, 4, 'bad', x'00');
INSERT INTO troubles VALUES ('f1', 'ba-dinh', 'fiber', '', 10, NULL, x'01');
INSERT INTO incident_members VALUES ('i1', 0, 'f1', 'ba-dinh', 'fiber', '');
INSERT INTO conversations VALUES ('i1', 'city', 5, 1, x'02');
INSERT INTO deliveries VALUES (1, 'i1', 2, 'city', 'mail', 'opened', 6, 7, 'delivered', '', 'ok');
INSERT INTO site_plans VALUES ('ba-dinh', 3, 'abc', 8);
INSERT INTO site_plan_runs VALUES ('ba-dinh', 0, '3-abc', '', '', 9);
INSERT INTO asks VALUES ('a1', 'ba-dinh', 'icmp', '', '', '', 1, 2, 'refused', 3, 'busy', x'5b5d');
INSERT INTO statements VALUES ('2026-10', 'ba-dinh', 'fiber', 1, 'c', 'vnpt', 1, 'd', x'0a', x'0b');
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A store as the collector of version 9 left it."""
    path = tmp_path / "store.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((GOLDEN / "version-9.sql").read_text("utf-8") + ROWS)
    return path


@pytest.fixture
def store(path: Path) -> Iterator[Engine]:
    engine = open_store(path)
    yield engine
    engine.dispose()


def assert_rows(store: Engine) -> None:
    (letter,) = dead_letters.listed(store)
    assert (letter.id, letter.site, letter.number, letter.error) == (7, "ba-dinh", 3, "bad")
    assert site_configs.newest(store)["ba-dinh"].version == "3-abc"
    running = site_configs.runs(store)["ba-dinh"]
    assert (running.version, running.is_accepting) == ("3-abc", False)
    (request,) = test_requests.of_site(store, "ba-dinh", 9)
    assert (request.refusal, request.runs) == ("busy", [])
    with store.connect() as connection:
        rows = {
            table.name: connection.execute(select(column)).scalar()
            for table, column in (
                (FAULTS, FAULTS.c.id),
                (INCIDENT_MEMBERS, INCIDENT_MEMBERS.c.fault),
                (NOTIFICATION_THREADS, NOTIFICATION_THREADS.c.state),
                (DELIVERIES, DELIVERIES.c.number),
                (STATEMENTS, STATEMENTS.c.summary),
            )
        }
    assert rows == {
        "faults": "f1",
        "incident_members": "f1",
        "notification_threads": b"\x02",
        "deliveries": 2,
        "statements": b"\n",
    }


def test_a_store_of_version_9_keeps_its_rows_under_the_current_names(store: Engine) -> None:
    assert_rows(store)


def test_a_store_of_version_9_has_the_tables_and_indexes_of_a_new_one(
    store: Engine, tmp_path: Path
) -> None:
    fresh = open_store(tmp_path / "fresh.sqlite")
    for name in METADATA.tables:
        before, after = inspect(store), inspect(fresh)
        columns = [column["name"] for column in before.get_columns(name)]
        assert columns == [column["name"] for column in after.get_columns(name)]
        assert before.get_indexes(name) == after.get_indexes(name)
    assert set(inspect(store).get_table_names()) == set(inspect(fresh).get_table_names())
    fresh.dispose()


def test_a_new_store_equals_one_migrated_step_by_step(tmp_path: Path) -> None:
    stepwise, fresh = tmp_path / "stepwise.sqlite", tmp_path / "fresh.sqlite"
    with closing(sqlite3.connect(stepwise)) as connection:
        connection.executescript(
            "CREATE TABLE store_version (version INTEGER NOT NULL);"
            "INSERT INTO store_version VALUES (0);"
        )
    schemas = []
    for path in (stepwise, fresh):
        open_store(path).dispose()
        with closing(sqlite3.connect(path)) as connection:
            (version,) = connection.execute("SELECT version FROM store_version")
            rows = connection.execute("SELECT type, name, tbl_name FROM sqlite_schema")
            schemas.append((version, sorted(rows)))
    assert schemas[0] == schemas[1]
    # What keeps the audit log as it is stands in both.
    assert ("trigger", "audit_no_delete", "audit") in schemas[1][1]


def test_the_requester_of_a_test_is_kept_from_a_store_of_version_19(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    open_store(path).dispose()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "ALTER TABLE test_requests RENAME COLUMN requested_by TO asked_by;"
            "ALTER TABLE test_requests RENAME COLUMN requested_ns TO asked_ns;"
            "INSERT INTO test_requests (id, site, kind, link, target, asked_by, asked_ns,"
            " expires_ns, state, changed_ns, refusal, results)"
            " VALUES ('a1', 'ba-dinh', 'icmp', '', '', 'Lan', 1, 2, 'refused', 3, '', x'5b5d');"
            "UPDATE store_version SET version = 19;"
        )
    store = open_store(path)
    (request,) = test_requests.of_site(store, "ba-dinh", 9)
    assert (request.requested_by, request.requested_ns) == ("Lan", 1)
    store.dispose()


def test_a_leader_of_version_25_has_nothing_left_to_judge(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    open_store(path).dispose()
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(
            "ALTER TABLE leadership DROP COLUMN unjudged;"
            "INSERT INTO leadership (term, holder, since_ns, beat_ns, revision)"
            " VALUES (7, 'm1', 1, 2, 3);"
            "UPDATE store_version SET version = 25;"
        )
    store = open_store(path)
    with store.connect() as connection:
        assert connection.execute(select(LEADERSHIP)).one() == (7, "m1", 1, 2, 3, 0)
    store.dispose()


def test_a_damaged_store_of_version_9_is_recovered_into_the_names_of_today(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE torn AS SELECT randomblob(3000) AS body")
        connection.executemany("INSERT INTO torn VALUES (?)", [(bytes(3000),)] * 20)
        connection.commit()
        root = connection.execute("SELECT rootpage FROM sqlite_schema WHERE name = 'torn'")
        page = root.fetchone()[0]
    with path.open("r+b") as file:
        file.seek((page - 1) * 4096)
        file.write(b"\xff" * 4096)
    store = open_store(path)
    assert list(path.parent.glob("store.sqlite.damaged-*"))
    assert_rows(store)
    store.dispose()
