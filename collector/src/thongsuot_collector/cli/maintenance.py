"""``thongsuot-collector maintenance``: planned work, which a running collector reads."""

import argparse
import time

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.cli import tables
from thongsuot_collector.cli.command import EXIT_FAILED, EXIT_WRONG, Commands, on_store, print_error
from thongsuot_collector.correlation import rows
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.maintenance import windows

_SCOPES = ("site", "link", "carrier", "commune", "service")


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    group = commands.group(
        "maintenance", "maintenance windows; notifications are suppressed while one is active"
    )
    adding = group.add("add", on_store(_add_window), "plan a window")
    begins = "2026-11-26 22:00 (in Vietnam), now, or +2h (from now); default: now"
    adding.add_argument("--from", dest="start", default="now", metavar="TIME", help=begins)
    ends = "2026-11-27 04:00, or +4h30m (from the beginning)"
    adding.add_argument("--to", dest="end", required=True, metavar="TIME", help=ends)
    for scope in _SCOPES:
        adding.add_argument(f"--{scope}", default="", metavar="NAME")
    adding.add_argument("--note", default="", help="the reason, shown on pages")
    listing = group.add_list(
        "list", on_store(_list_windows), "list windows that are planned or active"
    )
    listing.add_argument("--all", action="store_true", help="those that are over as well")
    ending = group.add("end", on_store(_end_window), "end a window now, or cancel a planned one")
    ending.add_argument("name", help="as `maintenance list` shows it")


def _add_window(options: argparse.Namespace, store: Engine, directory: InventoryDirectory) -> int:
    now_ns = time.time_ns()
    try:
        start_ns = windows.parse_moment_ns(options.start, now_ns)
        end_ns = windows.parse_moment_ns(options.end, start_ns)
    except ValueError as error:
        return _usage_error(str(error))
    scopes = {name: getattr(options, name) for name in _SCOPES}
    window = MaintenanceWindow(id="", start_ns=start_ns, end_ns=end_ns, note=options.note, **scopes)
    for mistake in windows.validation_errors(window, directory):
        return _usage_error(mistake)
    window = windows.with_readable_id(window)
    rows.put_window(store, window)
    count = windows.covered_count(window, directory)
    begin, end = windows.format_moment(start_ns), windows.format_moment(end_ns)
    print(f"{window.id}: {begin} to {end}, {windows.scope_text(window)}; covers {count}")
    return 0


def _list_windows(
    options: argparse.Namespace, store: Engine, _directory: InventoryDirectory
) -> int:
    now_ns = time.time_ns()
    listed = [
        window for window in rows.load_windows(store) if options.all or window.end_ns > now_ns
    ]
    head = ("name", "is", "from", "until", "covers", "note")
    table = tables.Table(head, list(windows.window_rows(listed, now_ns)))
    tables.print_table(table, options)
    return 0


def _end_window(options: argparse.Namespace, store: Engine, _directory: InventoryDirectory) -> int:
    now_ns = time.time_ns()
    known = {window.id: window for window in rows.load_windows(store)}
    window = known.get(options.name)
    if window is None or window.end_ns <= now_ns:
        message = f"no work named {options.name} is planned or going on; see `maintenance list`"
        print_error(message)
        return EXIT_FAILED
    if window.start_ns > now_ns:
        rows.drop_window(store, window.id)
        print(f"{window.id}: taken back")
    else:
        rows.put_window(store, msgspec.structs.replace(window, end_ns=now_ns))
        print(f"{window.id}: ended; a running collector looks at what it covered within seconds")
    return 0


def _usage_error(message: str) -> int:
    print_error(message)
    return EXIT_WRONG
