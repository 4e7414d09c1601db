"""``thongsuot-collector maintenance``: planned work, told to a running collector by the store."""

import argparse
import sys
import time
from collections.abc import Callable

import msgspec
from sqlalchemy import Engine

from thongsuot_collector import tell
from thongsuot_collector.correlation import rows
from thongsuot_collector.directory import Directory
from thongsuot_collector.incidents.window import Window
from thongsuot_collector.maintenance import plan

EXIT_FAILED = 1
EXIT_WRONG = 2

_SCOPES = ("site", "link", "carrier", "commune", "service")

Add = Callable[[str, str], argparse.ArgumentParser]
"""Makes the parser of one more command, of its name and what it does."""


def add_parsers(add: Add) -> None:
    """Add the parsers of all commands; ``work`` of what they read is what is to be done."""
    adding = add("add", "plan work: nobody is told of what it covers while it lasts")
    adding.set_defaults(work=_add)
    begins = "2026-11-26 22:00 (in Vietnam), now, or +2h (from now); default: now"
    adding.add_argument("--from", dest="start", default="now", metavar="TIME", help=begins)
    ends = "2026-11-27 04:00, or +4h30m (from the beginning)"
    adding.add_argument("--to", dest="end", required=True, metavar="TIME", help=ends)
    for scope in _SCOPES:
        adding.add_argument(f"--{scope}", default="", metavar="NAME")
    adding.add_argument("--note", default="", help="why; people read it on pages")
    listing = add("list", "what is planned and what goes on")
    listing.set_defaults(work=_list)
    listing.add_argument("--all", action="store_true", help="what is over as well")
    ending = add("end", "end it now; what has not begun is taken back")
    ending.set_defaults(work=_end)
    ending.add_argument("name", help="as `maintenance list` shows it")


def _add(options: argparse.Namespace, store: Engine, directory: Directory) -> int:
    now_ns = time.time_ns()
    try:
        start_ns = plan.moment_ns(options.start, now_ns)
        end_ns = plan.moment_ns(options.end, start_ns)
    except ValueError as error:
        return _wrong(str(error))
    scopes = {name: getattr(options, name) for name in _SCOPES}
    window = Window(id="", start_ns=start_ns, end_ns=end_ns, note=options.note, **scopes)
    for mistake in plan.mistakes(window, directory):
        return _wrong(mistake)
    window = plan.named(window)
    rows.put_window(store, window)
    count = plan.covered(window, directory)
    begin, end = plan.moment(start_ns), plan.moment(end_ns)
    print(f"{window.id}: {begin} to {end}, {plan.scope(window)}; covers {count}")
    return 0


def _list(options: argparse.Namespace, store: Engine, _directory: Directory) -> int:
    now_ns = time.time_ns()
    found = [one for one in rows.windows(store) if options.all or one.end_ns > now_ns]
    head = ("name", "is", "from", "until", "covers", "note")
    print(tell.table(head, list(plan.shown(found, now_ns))))
    return 0


def _end(options: argparse.Namespace, store: Engine, _directory: Directory) -> int:
    now_ns = time.time_ns()
    known = {one.id: one for one in rows.windows(store)}
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


def _wrong(message: str) -> int:
    print(f"thongsuot-collector: {message}", file=sys.stderr)
    return EXIT_WRONG
