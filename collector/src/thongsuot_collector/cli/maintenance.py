"""``thongsuot-collector maintenance``: planned work, which a running collector reads."""

import argparse
import time
from datetime import datetime

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.cli import tables
from thongsuot_collector.cli.command import CommandFailed, Commands, UsageError, on_store
from thongsuot_collector.cli.results import print_result, utc
from thongsuot_collector.correlation import rows
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.maintenance import windows
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text

_SCOPES = ("site", "link", "carrier", "commune", "service")


_HEAD = ("name", "is", "from", "until", "covers", "note")


class PlannedWork(msgspec.Struct, frozen=True, kw_only=True):
    """
    Planned work. Five fields select what it covers; an empty one does not restrict the selection.
    ``covers`` is the number of links, services and devices.
    """

    name: str
    starts_at: datetime
    ends_at: datetime
    note: str
    covers: int
    site: str
    link: str
    carrier: str
    commune: str
    service: str


class EndedWork(msgspec.Struct, frozen=True, kw_only=True):
    """Work that was ended; cancelled completely if it had not begun."""

    name: str
    had_begun: bool


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    group = commands.group("maintenance", localized(Text("collector.cli.maintenance")))
    adding = group.add_result(
        "add",
        on_store(_add_window),
        localized(Text("collector.cli.maintenance.add")),
        PlannedWork,
    )
    begins = localized(Text("collector.cli.maintenance.add.from"))
    adding.add_argument("--from", dest="start", default="now", metavar="TIME", help=begins)
    ends = localized(Text("collector.cli.maintenance.add.to"))
    adding.add_argument("--to", dest="end", required=True, metavar="TIME", help=ends)
    for scope in _SCOPES:
        adding.add_argument(f"--{scope}", default="", metavar="NAME")
    adding.add_argument(
        "--note", default="", help=localized(Text("collector.cli.maintenance.add.note"))
    )
    listing = group.add_list(
        "list",
        on_store(_list_windows),
        localized(Text("collector.cli.maintenance.list")),
        _HEAD,
    )
    listing.add_argument(
        "--all", action="store_true", help=localized(Text("collector.cli.maintenance.list.all"))
    )
    ending = group.add_result(
        "end", on_store(_end_window), localized(Text("collector.cli.maintenance.end")), EndedWork
    )
    ending.add_argument("name", help=localized(Text("collector.cli.maintenance.end.name")))


def _add_window(options: argparse.Namespace, store: Engine, directory: InventoryDirectory) -> int:
    now_ns = time.time_ns()
    try:
        start_ns = windows.parse_moment_ns(options.start, now_ns)
        end_ns = windows.parse_moment_ns(options.end, start_ns)
    except windows.MomentInvalid as error:
        raise UsageError(error.sentence) from error
    scopes = {name: getattr(options, name) for name in _SCOPES}
    window = MaintenanceWindow(id="", start_ns=start_ns, end_ns=end_ns, note=options.note, **scopes)
    for mistake in windows.validation_errors(window, directory):
        raise UsageError(mistake)
    window = windows.with_readable_id(window)
    rows.put_window(store, window)
    count = windows.covered_count(window, directory)
    begin, end = windows.format_moment(start_ns), windows.format_moment(end_ns)
    planned = PlannedWork(
        name=window.id,
        starts_at=utc(start_ns),
        ends_at=utc(end_ns),
        note=window.note,
        covers=count,
        **scopes,
    )
    text = Text(
        "collector.cli.said.window_planned",
        name=window.id,
        begin=begin,
        end=end,
        scope=windows.scope_text(window),
        count=count,
    )
    print_result(options, planned, [localized(text)])
    return 0


def _list_windows(
    options: argparse.Namespace, store: Engine, _directory: InventoryDirectory
) -> int:
    now_ns = time.time_ns()
    listed = [
        window for window in rows.load_windows(store) if options.all or window.end_ns > now_ns
    ]
    table = tables.Table(_HEAD, list(windows.window_rows(listed, now_ns)))
    tables.print_table(table, options)
    return 0


def _end_window(options: argparse.Namespace, store: Engine, _directory: InventoryDirectory) -> int:
    now_ns = time.time_ns()
    known = {window.id: window for window in rows.load_windows(store)}
    window = known.get(options.name)
    if window is None or window.end_ns <= now_ns:
        raise CommandFailed(Text("collector.cli.error.no_window", name=options.name))
    if window.start_ns > now_ns:
        rows.drop_window(store, window.id)
        ended, text = False, Text("collector.cli.said.window_dropped", name=window.id)
    else:
        rows.put_window(store, msgspec.structs.replace(window, end_ns=now_ns))
        ended, text = True, Text("collector.cli.said.window_ended", name=window.id)
    print_result(options, EndedWork(name=window.id, had_begun=ended), [localized(text)])
    return 0
