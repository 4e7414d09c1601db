"""``thongsuot-collector maintenance``: planned work, told to a running collector by the store."""

import argparse
import sys
import time
from collections.abc import Callable

import msgspec
from sqlalchemy import Engine

from thongsuot_collector import tell
from thongsuot_collector.correlation import rows
from thongsuot_collector.directory import InventoryDirectory
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.maintenance import windows

EXIT_FAILED = 1
EXIT_WRONG = 2

_SCOPES = ("site", "link", "carrier", "commune", "service")

ParserFactory = Callable[[str, str], argparse.ArgumentParser]
"""Makes the parser of one more command, of its name and what it does."""


def add_parsers(add: ParserFactory) -> None:
    """Add the parsers of all commands; ``work`` of what they read is what is to be done."""
    adding = add("add", "plan work: nobody is told of what it covers while it lasts")
    adding.set_defaults(work=_add_window)
    begins = "2026-11-26 22:00 (in Vietnam), now, or +2h (from now); default: now"
    adding.add_argument("--from", dest="start", default="now", metavar="TIME", help=begins)
    ends = "2026-11-27 04:00, or +4h30m (from the beginning)"
    adding.add_argument("--to", dest="end", required=True, metavar="TIME", help=ends)
    for scope in _SCOPES:
        adding.add_argument(f"--{scope}", default="", metavar="NAME")
    adding.add_argument("--note", default="", help="why; people read it on pages")
    listing = add("list", "what is planned and what goes on")
    listing.set_defaults(work=_list_windows)
    listing.add_argument("--all", action="store_true", help="what is over as well")
    ending = add("end", "end it now; what has not begun is taken back")
    ending.set_defaults(work=_end_window)
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
    found = [one for one in rows.load_windows(store) if options.all or one.end_ns > now_ns]
    head = ("name", "is", "from", "until", "covers", "note")
    print(tell.format_table(head, list(windows.window_rows(found, now_ns))))
    return 0


def _end_window(options: argparse.Namespace, store: Engine, _directory: InventoryDirectory) -> int:
    now_ns = time.time_ns()
    known = {one.id: one for one in rows.load_windows(store)}
    window = known.get(options.name)
    if window is None or window.end_ns <= now_ns:
        message = f"no work named {options.name} is planned or going on; see `maintenance list`"
        print(f"thongsuot-collector: {message}", file=sys.stderr)
        return EXIT_FAILED
    if window.start_ns > now_ns:
        rows.drop_window(store, window.id)
        print(f"{window.id}: taken back")
    else:
        rows.put_window(store, msgspec.structs.replace(window, end_ns=now_ns))
        print(f"{window.id}: ended; a running collector looks at what it covered within seconds")
    return 0


def _usage_error(message: str) -> int:
    print(f"thongsuot-collector: {message}", file=sys.stderr)
    return EXIT_WRONG
