"""``thongsuot-collector ask``: a test now, by the store to a running collector and its answers."""

import argparse
import getpass
import os
import sys
import time
from collections.abc import Callable

from sqlalchemy import Engine

from thongsuot_collector.asks.wanting import mistake, wanted
from thongsuot_collector.directory import Directory
from thongsuot_collector.store import asks
from thongsuot_collector.store.asks import OPEN, Ask, Stage
from thongsuot_schema.batch.push import ASKED_KINDS

HELP = "ask the agent of a site for a test now; its next push brings it there"

_EXIT_FAILED, _EXIT_WRONG = 1, 2
_LOOK_EVERY_S = 0.5

Add = Callable[[str, str], argparse.ArgumentParser]
"""Makes the parser of a command, of its name and what it does."""


def add_parser(add: Add) -> None:
    """Add the parser; ``work`` of what it reads is what is to be done."""
    asking = add("ask", HELP)
    asking.set_defaults(work=_ask)
    asking.add_argument("site")
    asking.add_argument("kind", choices=ASKED_KINDS)
    asking.add_argument("--link", default="", metavar="NAME", help="default: all that the plan has")
    asking.add_argument("--target", default="", metavar="NAME", help="default: as above")
    asking.add_argument("--id", default="", help="one test, however often this is said")
    asking.add_argument("--wait", action="store_true", help="say how far it is until it is over")


def _ask(options: argparse.Namespace, store: Engine, directory: Directory) -> int:
    one = wanted(
        options.site,
        options.kind,
        link=options.link,
        target=options.target,
        asked_by=os.environ.get("SUDO_USER") or getpass.getuser(),
        name=options.id,
    )
    wrong = mistake(one, directory)
    if wrong:
        print(f"thongsuot-collector: {wrong}", file=sys.stderr)
        return _EXIT_WRONG
    one = asks.put(store, one)
    print(f"{one.id}: {one.state}", flush=True)
    return _wait(store, one) if options.wait else 0


def _wait(store: Engine, one: Ask) -> int:
    before = one.state
    while one.state in OPEN and time.time_ns() < one.expires_ns:
        time.sleep(_LOOK_EVERY_S)
        one = asks.get(store, one.id) or one
        if one.state is not before:
            print(f"{one.id}: {one.state}{f': {one.said}' if one.said else ''}", flush=True)
            before = one.state
    for run in one.findings:
        values = " ".join(f"{name}={value:g}" for name, value in run.values.items())
        what = " ".join(part for part in (run.link, run.target, run.family) if part)
        why = f" ({run.reason})" if run.reason else ""
        print(f"{what}: {run.outcome}{why} {values}".rstrip())
    return 0 if one.state is Stage.DONE else _EXIT_FAILED
