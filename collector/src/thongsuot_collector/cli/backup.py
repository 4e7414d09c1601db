"""``thongsuot-collector backup``, ``restore``: move a collector to another machine."""

import argparse
import importlib.metadata
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from thongsuot_collector.app.durable import JOURNAL_FILE, STORE_FILE
from thongsuot_collector.backup.create import (
    Source,
    configuration_files,
    create_backup,
    remove_oldest,
)
from thongsuot_collector.backup.manifest import Manifest
from thongsuot_collector.backup.restore import restore_backup
from thongsuot_collector.cli import tables
from thongsuot_collector.cli.command import (
    PROGRAM,
    Commands,
    UsageError,
    check_user,
)
from thongsuot_collector.cli.results import print_result, utc
from thongsuot_collector.config.read import read_configuration
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text

DEFAULT_FOLDER = "/var/backups/thongsuot-collector"


class BackupReport(msgspec.Struct, frozen=True, kw_only=True):
    """
    A backup: ``journal_head`` is the number of the newest entry in it, ``None`` without a journal.

    ``elsewhere`` names the database of each part that is not in it (``journal``, ``store``);
    ``removed`` are older backups deleted because of ``--keep``.
    """

    folder: str
    files: int
    size_bytes: int
    journal_head: int | None
    elsewhere: dict[str, str]
    removed: list[str]


class RestoreReport(msgspec.Struct, frozen=True, kw_only=True):
    """The restored backup: its time, and the newest entry of its journal if it has one."""

    files: int
    created_at: datetime
    journal_head: int | None


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    backup = commands.add_result(
        "backup", _backup, localized(Text("collector.cli.backup")), BackupReport
    )
    backup.add_argument(
        "--to", type=Path, default=Path(DEFAULT_FOLDER), metavar="FOLDER", help="%(default)s"
    )
    backup.add_argument(
        "--keep",
        type=int,
        default=0,
        metavar="N",
        help=localized(Text("collector.cli.backup.keep")),
    )
    restore = commands.add_result(
        "restore", _restore, localized(Text("collector.cli.restore")), RestoreReport
    )
    restore.add_argument(
        "backup", type=Path, metavar="BACKUP", help=localized(Text("collector.cli.restore.backup"))
    )
    restore.add_argument(
        "--root",
        type=Path,
        default=Path("/"),
        metavar="FOLDER",
        help=localized(Text("collector.cli.restore.root")),
    )


def _backup(options: argparse.Namespace) -> int:
    if options.keep < 0:
        raise UsageError(Text("collector.cli.error.keep"))
    configuration = read_configuration(options.config)
    state_dir = configuration.state_dir.absolute()
    settings = configuration.settings
    kept = (("store", settings.store, STORE_FILE), ("journal", settings.journal, JOURNAL_FILE))
    databases = tuple(state_dir / file for _, shared, file in kept if not shared.url)
    for path in databases:
        check_user(path)
    inventory = settings.inventory_dir
    source = Source(
        databases=databases,
        folders=(state_dir, *((Path(inventory).absolute(),) if inventory else ())),
        files=configuration_files(options.config),
        # Its server is not queried: a local backup does not wait for it.
        has_journal=not settings.journal.url,
    )
    program = f"{PROGRAM} {importlib.metadata.version(PROGRAM)}"
    folder, manifest = create_backup(source, options.to, program=program, progress=_show_progress)
    report = BackupReport(
        folder=str(folder),
        files=len(manifest.files),
        size_bytes=sum(file.size_bytes for file in manifest.files),
        journal_head=_journal_head(manifest),
        elsewhere={name: shared.database.shown for name, shared, _ in kept if shared.url},
        removed=[str(path) for path in remove_oldest(options.to, options.keep, made=folder)]
        if options.keep
        else [],
    )
    print_result(options, report, _backup_lines(report))
    return 0


def _backup_lines(report: BackupReport) -> Iterator[str]:
    size = f"{report.size_bytes / 1e6:.1f}"
    if report.journal_head is None:
        made = Text(
            "collector.cli.said.backup_made", folder=report.folder, files=report.files, size=size
        )
    else:
        made = Text(
            "collector.cli.said.backup_made_with_journal",
            folder=report.folder,
            files=report.files,
            size=size,
            head=report.journal_head,
        )
    yield localized(made)
    for name, database in report.elsewhere.items():
        yield localized(
            Text("collector.cli.said.store_elsewhere", database=database)
            if name == "store"
            else Text("collector.cli.said.journal_elsewhere", database=database)
        )
    for removed in report.removed:
        yield localized(Text("collector.cli.said.removed", path=removed))


def _restore(options: argparse.Namespace) -> int:
    manifest = restore_backup(options.backup, root=options.root)
    report = RestoreReport(
        files=len(manifest.files),
        created_at=utc(manifest.created_ns),
        journal_head=_journal_head(manifest),
    )
    at = tables.shown_moment(manifest.created_ns)
    if report.journal_head is None:
        restored = Text("collector.cli.said.restored", files=report.files, at=at)
    else:
        restored = Text(
            "collector.cli.said.restored_with_journal",
            files=report.files,
            at=at,
            head=report.journal_head,
        )
    lines = (localized(restored), localized(Text("collector.cli.said.restored_next")))
    print_result(options, report, lines)
    return 0


def _journal_head(manifest: Manifest) -> int | None:
    has_journal = any(path.endswith(JOURNAL_FILE) for path in manifest.databases)
    return manifest.journal_head if has_journal else None


def _show_progress(path: Path, done: int, whole: int) -> None:
    text = Text(
        "collector.cli.said.copying",
        file=path.name,
        done=f"{done / 1e6:.0f}",
        whole=f"{whole / 1e6:.0f}",
    )
    print(localized(text), file=sys.stderr)
