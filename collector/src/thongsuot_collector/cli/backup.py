"""``thongsuot-collector backup``, ``restore``: to be the same collector on another machine."""

import argparse
import importlib.metadata
import sys
from pathlib import Path

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
from thongsuot_collector.config.read import read_configuration
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text

DEFAULT_FOLDER = "/var/backups/thongsuot-collector"


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    backup = commands.add("backup", _backup, localized(Text("collector.cli.backup")))
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
    restore = commands.add("restore", _restore, localized(Text("collector.cli.restore")))
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
    size = sum(file.size_bytes for file in manifest.files)
    print(
        f"{folder}: {len(manifest.files)} files, {size / 1e6:.1f} MB{_journal_text(manifest)}. It "
        "holds keys and personal data: keep it where only those read who may."
    )
    for name, shared, _ in kept:
        if shared.url:
            print(
                f"The {name} is not in it: it is in {shared.database.shown}. Back that up by its "
                "own tools, pg_dump or pgBackRest, at the same time."
            )
    if options.keep:
        for removed in remove_oldest(options.to, options.keep):
            print(f"removed {removed}")
    return 0


def _restore(options: argparse.Namespace) -> int:
    manifest = restore_backup(options.backup, root=options.root)
    print(
        f"restored {len(manifest.files)} files as of {tables.shown_moment(manifest.created_ns)}"
        f"{_journal_text(manifest)}.\n"
        "Start the collector. Agents push what they still hold. What was acknowledged after that "
        f"moment is missing: `{PROGRAM} verify` names it once the agents have pushed again."
    )
    return 0


def _journal_text(manifest: Manifest) -> str:
    has_journal = any(path.endswith(JOURNAL_FILE) for path in manifest.databases)
    return f", journal up to entry {manifest.journal_head}" if has_journal else ""


def _show_progress(path: Path, done: int, whole: int) -> None:
    print(f"{path.name}: {done / 1e6:.0f} of {whole / 1e6:.0f} MB", file=sys.stderr)
