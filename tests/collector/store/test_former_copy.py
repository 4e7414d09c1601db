"""The store as an earlier program left it is kept before it is migrated, and put back exactly."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from thongsuot_collector.app.durable import JOURNAL_FILE, STORE_FILE, open_embedded_store
from thongsuot_collector.errors import StoreError
from thongsuot_collector.journal import sqlite_tables
from thongsuot_collector.store import migrations
from thongsuot_collector.store.former_copy import former_copies, keep_former, put_back

GOLDEN = Path(__file__).parents[2] / "golden" / "store"


def store_of_version_9(folder: Path) -> Path:
    path = folder / STORE_FILE
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((GOLDEN / "version-9.sql").read_text("utf-8"))
    return path


def rows_of(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


def test_a_copy_is_made_before_the_migration_and_put_back_with_all_its_rows(tmp_path: Path) -> None:
    store = store_of_version_9(tmp_path)
    before = rows_of(store)
    open_embedded_store(tmp_path).dispose()
    (copy,) = former_copies(store)
    assert (copy.store_version, copy.journal_version) == (9, 0)
    assert copy.path.stat().st_mode & 0o777 == 0o600
    assert rows_of(copy.path) == before
    migrated = rows_of(store)
    assert migrated != before

    newer = put_back(store, copy)
    assert rows_of(store) == before
    assert rows_of(newer) == migrated


def test_a_store_of_today_is_not_copied_unless_its_journal_is_older(tmp_path: Path) -> None:
    open_embedded_store(tmp_path).dispose()
    open_embedded_store(tmp_path).dispose()
    assert former_copies(tmp_path / STORE_FILE) == []
    assert sqlite_tables.open_or_recover(tmp_path / JOURNAL_FILE) is None
    open_embedded_store(tmp_path).dispose()
    assert former_copies(tmp_path / STORE_FILE) == []
    with closing(sqlite3.connect(tmp_path / JOURNAL_FILE)) as journal:
        journal.execute("PRAGMA user_version = 6")
    open_embedded_store(tmp_path).dispose()
    (copy,) = former_copies(tmp_path / STORE_FILE)
    assert (copy.store_version, copy.journal_version) == (migrations.NEWEST, 6)


def test_without_room_for_the_copy_nothing_is_migrated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = store_of_version_9(tmp_path)
    before = rows_of(store)
    monkeypatch.setattr(shutil, "disk_usage", lambda _path: SimpleNamespace(free=1 << 20))
    with pytest.raises(StoreError, match="no room"):
        open_embedded_store(tmp_path)
    assert rows_of(store) == before
    assert former_copies(store) == []


def test_the_two_newest_are_kept_and_none_of_a_version_that_was_left(tmp_path: Path) -> None:
    store = store_of_version_9(tmp_path)
    for version in (5, 6, 7, 8):
        keep_former(store, store_version=version, journal_version=5)
    assert [copy.store_version for copy in former_copies(store)] == [8, 7]
    # After a way back to 6 the copy of 8 would bring back what was left.
    keep_former(store, store_version=6, journal_version=5)
    assert [copy.store_version for copy in former_copies(store)] == [6]


def test_an_interrupted_way_back_is_completed_by_the_next_call(tmp_path: Path) -> None:
    store = store_of_version_9(tmp_path)
    before = rows_of(store)
    open_embedded_store(tmp_path).dispose()
    (copy,) = former_copies(store)
    # As after a kill between the two renames.
    store.rename(tmp_path / "store.sqlite.newer-28")
    newer = put_back(store, copy)
    assert rows_of(store) == before
    assert newer.exists()


def test_a_second_way_back_keeps_what_the_first_has_kept(tmp_path: Path) -> None:
    store = store_of_version_9(tmp_path)
    open_embedded_store(tmp_path).dispose()
    (copy,) = former_copies(store)
    kept = {}
    for _ in range(3):
        content = rows_of(store)
        kept[put_back(store, copy)] = content
    assert [path.name for path in kept] == [
        f"store.sqlite.newer-{migrations.NEWEST}",
        "store.sqlite.newer-9",
        "store.sqlite.newer-9-2",
    ]
    assert {path: rows_of(path) for path in kept} == kept
