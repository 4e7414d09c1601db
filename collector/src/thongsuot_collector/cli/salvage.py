"""``thongsuot-collector salvage``: reads what is still readable of a damaged journal or store."""

import argparse
import sqlite3
from pathlib import Path

from thongsuot_collector.cli.command import EXIT_FAILED, CommandFailed, Commands, UsageError
from thongsuot_collector.cli.tables import lost_text
from thongsuot_collector.journal import sqlite_tables
from thongsuot_collector.journal.recovery import Recovery
from thongsuot_collector.store import engine
from thongsuot_collector.store.sqlite_salvage import open_damaged
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text


def add_commands(commands: Commands) -> None:
    """Add the command."""
    salvage = commands.add(
        "salvage",
        _salvage,
        localized(Text("collector.cli.salvage")),
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
    names = _tables_in(damaged)
    if names and "entries" not in names:
        return _salvage_store(damaged, target)
    recovery = sqlite_tables.salvage(damaged, target, file=damaged.name)
    if recovery is not None:
        return _report_journal(recovery, target)
    target.unlink()
    if names:
        raise CommandFailed(Text("collector.cli.error.no_entry", file=str(damaged)))
    # Without its first page a file has no names of tables, but a journal is recognised.
    raise CommandFailed(Text("collector.cli.error.nothing_read", file=str(damaged)))


def _report_journal(recovery: Recovery, target: Path) -> int:
    for part in recovery.lost:
        print(lost_text(part))
    print(f"{target}: {recovery.entries} entries, {recovery.lost_entries} lost")
    return EXIT_FAILED if recovery.lost else 0


def _salvage_store(damaged: Path, target: Path) -> int:
    copied = engine.salvage(damaged, target)
    lost = {name: table.unreadable for name, table in copied.items() if table.unreadable}
    for name, ranges in lost.items():
        shown = ", ".join(f"{first} to {last}" for first, last in ranges)
        print(f"LOST: rows of {name}: {shown}")
    rows = sum(table.rows for table in copied.values())
    print(f"{target}: {rows} rows of {len(copied)} tables, {len(lost)} tables not whole")
    return EXIT_FAILED if lost or not rows else 0


def _tables_in(damaged: Path) -> set[str]:
    try:
        with open_damaged(damaged) as source:
            return {
                row[0]
                for row in source.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
            }
    except sqlite3.Error:
        return set()
