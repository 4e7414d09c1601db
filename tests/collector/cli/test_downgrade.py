"""``downgrade``: journal and store go back together, with every entry; or nothing is touched."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.collector.cli.test_journal import say
from tests.collector.journal.journal_contract import entry
from thongsuot_collector.app.durable import JOURNAL_FILE, STORE_FILE, open_embedded_store
from thongsuot_collector.errors import JournalError
from thongsuot_collector.journal import sqlite_tables
from thongsuot_collector.journal.sqlite import open_journal
from thongsuot_collector.journal.sqlite_downgrade import OLDEST, downgrade
from thongsuot_collector.store.former_copy import keep_former

ENTRIES = 5


async def state_in(tmp_path: Path) -> tuple[Path, Path]:
    """Make a state with entries and a copy of the store of versions 27 and 6."""
    state = tmp_path / "state"
    open_embedded_store(state).dispose()
    journal = open_journal(state / JOURNAL_FILE, committed=lambda _jobs, _took_s: None)
    for number in range(1, ENTRIES + 1):
        await journal.append(entry(number))
    await journal.close()
    keep_former(state / STORE_FILE, store_version=27, journal_version=6)
    config = tmp_path / "collector.toml"
    config.write_text('state_dir = "state"\n', encoding="utf-8")
    return state, config


def entries_in(journal: Path) -> list[int]:
    with closing(sqlite3.connect(journal)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        return [row[0] for row in connection.execute("SELECT number FROM entries ORDER BY 1")]


async def test_it_puts_both_back_and_says_what_it_did(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state, config = await state_in(tmp_path)
    status, printed, _ = say(capsys, "downgrade", "--json", "--config", config)
    assert status == 0
    report = json.loads(printed)
    assert (report["store_version"], report["journal_version"]) == (27, 6)
    assert report["journal_head"] == ENTRIES
    assert report["newer"] == str(state / "store.sqlite.newer-28")
    assert sqlite_tables.version_of(state / JOURNAL_FILE) == 6
    assert entries_in(state / JOURNAL_FILE) == [1, 2, 3, 4, 5]


async def test_without_a_copy_of_that_version_nothing_is_touched(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    state, config = await state_in(tmp_path)
    status, _, error = say(capsys, "downgrade", "--store-version", "26", "--config", config)
    assert status == 1
    assert "27" in error
    assert sqlite_tables.version_of(state / JOURNAL_FILE) == sqlite_tables.NEWEST


@pytest.mark.parametrize("version", [OLDEST, OLDEST + 1])
async def test_a_journal_that_went_back_equals_a_former_one_and_goes_forward_again(
    tmp_path: Path, version: int
) -> None:
    state, _ = await state_in(tmp_path)
    path, former = state / JOURNAL_FILE, tmp_path / "former.sqlite"
    with closing(sqlite3.connect(former)) as connection:
        connection.executescript("".join(sqlite_tables._STEPS[:version]))
    newest = columns_of(path)
    downgrade(path, version)
    assert columns_of(path) == columns_of(former)
    assert entries_in(path) == [1, 2, 3, 4, 5]
    assert sqlite_tables.open_or_recover(path) is None
    assert columns_of(path) == newest
    assert entries_in(path) == [1, 2, 3, 4, 5]


async def test_a_version_without_a_way_back_is_refused(tmp_path: Path) -> None:
    state, _ = await state_in(tmp_path)
    for version in (OLDEST - 1, sqlite_tables.NEWEST + 1):
        with pytest.raises(JournalError, match="no way back"):
            downgrade(state / JOURNAL_FILE, version)
    assert sqlite_tables.version_of(state / JOURNAL_FILE) == sqlite_tables.NEWEST


def columns_of(path: Path) -> dict[str, list[str]]:
    with closing(sqlite3.connect(path)) as connection:
        tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
        return {
            name: [row[1] for row in connection.execute(f"PRAGMA table_info({name})")]
            for (name,) in tables.fetchall()
        }
