"""``thongsuot-collector downgrade``: the way back to the program before the last upgrade."""

import argparse
from contextlib import closing
from datetime import datetime
from pathlib import Path

import msgspec

from thongsuot_collector.app.durable import JOURNAL_FILE, STORE_FILE
from thongsuot_collector.cli.command import CommandFailed, Commands, check_user
from thongsuot_collector.cli.results import print_result, utc
from thongsuot_collector.cli.tables import shown_moment
from thongsuot_collector.config.read import read_configuration
from thongsuot_collector.journal import sqlite_downgrade, sqlite_rows, sqlite_tables
from thongsuot_collector.store.folder_lock import lock_folder
from thongsuot_collector.store.former_copy import FormerCopy, former_copies, put_back
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text


class DowngradeReport(msgspec.Struct, frozen=True, kw_only=True):
    """
    What was put back: versions of the store and of the journal, and the time of the store.

    ``journal_version`` is 0 if the journal is not a file, and was not touched. ``newer`` is the
    file that keeps the store which was in use until now.
    """

    store_version: int
    journal_version: int
    store_of: datetime
    newer: str
    journal_head: int


def add_commands(commands: Commands) -> None:
    """Add the command."""
    downgrade = commands.add_result(
        "downgrade", _downgrade, localized(Text("collector.cli.downgrade")), DowngradeReport
    )
    downgrade.add_argument(
        "--store-version",
        type=int,
        metavar="N",
        help=localized(Text("collector.cli.downgrade.store_version")),
    )


def _downgrade(options: argparse.Namespace) -> int:
    configuration = read_configuration(options.config)
    store, journal = (configuration.state_dir / name for name in (STORE_FILE, JOURNAL_FILE))
    shared = configuration.settings.store
    if shared.url:
        database = shared.database.shown
        raise CommandFailed(Text("collector.cli.error.downgrade_database", database=database))
    check_user(configuration.state_dir)
    copy = _chosen(store, options.store_version)
    with lock_folder(configuration.state_dir):
        head = 0
        if copy.journal_version:
            sqlite_downgrade.downgrade(journal, copy.journal_version)
            with closing(sqlite_tables.connect(journal, writable=False)) as connection:
                head = sqlite_rows.last_sequence(connection)
        made_ns = copy.path.stat().st_mtime_ns
        newer = put_back(store, copy)
    report = DowngradeReport(
        store_version=copy.store_version,
        journal_version=copy.journal_version,
        store_of=utc(made_ns),
        newer=str(newer),
        journal_head=head,
    )
    text = Text(
        "collector.cli.said.downgraded",
        at=shown_moment(made_ns),
        store=report.store_version,
        journal=report.journal_version,
        head=head,
        newer=report.newer,
    )
    print_result(options, report, [localized(text)])
    return 0


def _chosen(store: Path, version: int | None) -> FormerCopy:
    copies = former_copies(store)
    for copy in copies:
        if version in {None, copy.store_version}:
            return copy
    raise CommandFailed(
        Text(
            "collector.cli.error.no_former_copy",
            folder=str(store.parent),
            there=", ".join(str(copy.store_version) for copy in copies) or "–",
        )
    )
