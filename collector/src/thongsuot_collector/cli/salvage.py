"""``thongsuot-collector salvage``: recovers the readable parts of a damaged journal or store."""

import argparse
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import msgspec

from thongsuot_collector.app.durable import JOURNAL_FILE, STORE_FILE
from thongsuot_collector.cli.command import EXIT_FAILED, CommandFailed, Commands, UsageError
from thongsuot_collector.cli.record_lines import lost_line
from thongsuot_collector.cli.results import print_result
from thongsuot_collector.journal import sqlite_tables
from thongsuot_collector.journal.journal import LostRange
from thongsuot_collector.journal.recovery import Recovery
from thongsuot_collector.store import engine, sqlite_file
from thongsuot_collector.store.folder_lock import lock_folder
from thongsuot_collector.store.sqlite_salvage import Salvaged, open_damaged
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text


class SalvagedJournal(msgspec.Struct, frozen=True, kw_only=True, tag="journal", tag_field="what"):
    """A journal in a new file, and the entries that could not be read."""

    file: str
    entries: int
    lost_entries: int
    lost: list[LostRange]


class SalvagedStore(msgspec.Struct, frozen=True, kw_only=True, tag="store", tag_field="what"):
    """
    A store in a new file; ``unreadable`` has the rows of each table that could not be read, as
    ranges of their numbers.
    """

    file: str
    rows: int
    tables: int
    unreadable: dict[str, list[tuple[int, int]]]


def add_commands(commands: Commands) -> None:
    """Add the command."""
    salvage = commands.add_result(
        "salvage",
        _salvage,
        localized(Text("collector.cli.salvage")),
        SalvagedJournal | SalvagedStore,
    )
    salvage.add_argument(
        "damaged",
        type=Path,
        metavar="DAMAGED",
        help=localized(Text("collector.cli.salvage.damaged")),
    )
    salvage.add_argument(
        "--to",
        type=Path,
        required=True,
        metavar="FILE",
        help=localized(Text("collector.cli.salvage.to")),
    )


def _salvage(options: argparse.Namespace) -> int:
    damaged, target = options.damaged, options.to
    if str(damaged).startswith("postgresql"):
        raise UsageError(Text("collector.cli.error.salvage_database"))
    if target.exists():
        raise UsageError(Text("collector.cli.error.is_there", file=str(target)))
    if not damaged.exists():
        raise UsageError(Text("collector.cli.error.no_damaged", file=str(damaged)))
    with ExitStack() as held:
        if target.name in {JOURNAL_FILE, STORE_FILE}:
            held.enter_context(lock_folder(target.absolute().parent))
        return _salvaged(options, damaged, target)


def _salvaged(options: argparse.Namespace, damaged: Path, target: Path) -> int:
    names = _tables_in(damaged)
    # Without its first page a file has no names of tables, but is recognised all the same.
    if "entries" not in names:
        copied = engine.salvage(damaged, target)
        if names or any(table.rows for table in copied.values()):
            return _report_store(options, copied, target)
        sqlite_file.remove(target)
    recovery = sqlite_tables.salvage(damaged, target, file=damaged.name)
    if recovery is not None:
        return _report_journal(options, recovery, target)
    sqlite_file.remove(target)
    if names:
        raise CommandFailed(Text("collector.cli.error.no_entry", file=str(damaged)))
    raise CommandFailed(Text("collector.cli.error.nothing_read", file=str(damaged)))


def _report_journal(options: argparse.Namespace, recovery: Recovery, target: Path) -> int:
    result = SalvagedJournal(
        file=str(target),
        entries=recovery.entries,
        lost_entries=recovery.lost_entries,
        lost=list(recovery.lost),
    )
    whole = Text(
        "collector.cli.said.salvaged_journal",
        file=str(target),
        entries=recovery.entries,
        lost=recovery.lost_entries,
    )
    print_result(options, result, (*map(lost_line, recovery.lost), localized(whole)))
    return EXIT_FAILED if recovery.lost else 0


def _report_store(options: argparse.Namespace, copied: Mapping[str, Salvaged], target: Path) -> int:
    result = SalvagedStore(
        file=str(target),
        rows=sum(table.rows for table in copied.values()),
        tables=len(copied),
        unreadable={name: table.unreadable for name, table in copied.items() if table.unreadable},
    )
    print_result(options, result, _store_lines(result))
    return EXIT_FAILED if result.unreadable or not result.rows else 0


def _store_lines(result: SalvagedStore) -> Iterator[str]:
    for name, ranges in result.unreadable.items():
        shown = ", ".join(f"{first}–{last}" for first, last in ranges)
        yield localized(Text("collector.cli.said.lost_rows", table=name, ranges=shown))
    whole = Text(
        "collector.cli.said.salvaged_store",
        file=result.file,
        rows=result.rows,
        tables=result.tables,
        damaged=len(result.unreadable),
    )
    yield localized(whole)


def _tables_in(damaged: Path) -> set[str]:
    try:
        with open_damaged(damaged) as source:
            return {
                row[0]
                for row in source.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            }
    except sqlite3.Error:
        return set()
