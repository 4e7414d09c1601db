"""``thongsuot-collector store``: copies the store of one machine into a shared database."""

import argparse

import msgspec

from thongsuot_collector.app.durable import STORE_FILE, open_embedded_store
from thongsuot_collector.cli.command import CommandFailed, Commands, check_user
from thongsuot_collector.cli.results import print_result
from thongsuot_collector.config.read import read_configuration
from thongsuot_collector.store.copy import copy_store
from thongsuot_collector.store.folder_lock import lock_folder
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text


class CopiedStore(msgspec.Struct, frozen=True, kw_only=True):
    """A store copied into a database; ``tables`` are those that have rows."""

    database: str
    rows: int
    tables: int


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    store = commands.group("store", localized(Text("collector.cli.store")))
    store.add_result("copy", _copy, localized(Text("collector.cli.store.copy")), CopiedStore)


def _copy(options: argparse.Namespace) -> int:
    from thongsuot_collector.store.postgresql import open_database  # noqa: PLC0415 - the driver

    configuration = read_configuration(options.config)
    shared, path = configuration.settings.store, configuration.state_dir / STORE_FILE
    if not shared.url:
        raise CommandFailed(Text("collector.cli.error.no_store_url", file=str(options.config)))
    check_user(path)
    if not path.exists():
        raise CommandFailed(Text("collector.cli.error.no_store", path=str(path)))
    with lock_folder(configuration.state_dir):
        source = open_embedded_store(configuration.state_dir)
        try:
            target = open_database(shared.database)
            try:
                copied = copy_store(source, target)
            finally:
                target.dispose()
        finally:
            source.dispose()
    result = CopiedStore(
        database=shared.database.shown,
        rows=sum(copied.values()),
        tables=sum(count > 0 for count in copied.values()),
    )
    text = Text(
        "collector.cli.said.store_copied",
        database=result.database,
        rows=result.rows,
        tables=result.tables,
        path=str(path),
    )
    print_result(options, result, [localized(text)])
    return 0
