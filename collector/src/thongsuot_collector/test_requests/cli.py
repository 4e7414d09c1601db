"""``thongsuot-collector ask``: a test now, by the store to a running collector and its answers."""

import argparse
import getpass
import os
import sys
import time
from collections.abc import Callable

from sqlalchemy import Engine

from thongsuot_collector.directory import InventoryDirectory
from thongsuot_collector.store import test_requests
from thongsuot_collector.store.test_requests import OPEN, RequestedTest, RequestStage
from thongsuot_collector.test_requests.request import new_request, request_mistake
from thongsuot_schema.batch.push import REQUESTABLE_KINDS

HELP = "ask the agent of a site for a test now; its next push brings it there"

_EXIT_FAILED, _EXIT_WRONG = 1, 2
_POLL_EVERY_S = 0.5

Add = Callable[[str, str], argparse.ArgumentParser]
"""Makes the parser of a command, of its name and what it does."""


def add_parser(add: Add) -> None:
    """Add the parser; ``work`` of what it reads is what is to be done."""
    asking = add("ask", HELP)
    asking.set_defaults(work=_ask)
    asking.add_argument("site")
    asking.add_argument("kind", choices=REQUESTABLE_KINDS)
    asking.add_argument("--link", default="", metavar="NAME", help="default: all that the plan has")
    asking.add_argument("--target", default="", metavar="NAME", help="default: as above")
    asking.add_argument("--id", default="", help="one test, however often this is said")
    asking.add_argument("--wait", action="store_true", help="say how far it is until it is over")


def _ask(options: argparse.Namespace, store: Engine, directory: InventoryDirectory) -> int:
    one = new_request(
        options.site,
        options.kind,
        link=options.link,
        target=options.target,
        asked_by=os.environ.get("SUDO_USER") or getpass.getuser(),
        name=options.id,
    )
    wrong = request_mistake(one, directory)
    if wrong:
        print(f"thongsuot-collector: {wrong}", file=sys.stderr)
        return _EXIT_WRONG
    one = test_requests.put(store, one)
    print(f"{one.id}: {one.state}", flush=True)
    return _wait_for_result(store, one) if options.wait else 0


def _wait_for_result(store: Engine, one: RequestedTest) -> int:
    before = one.state
    while one.state in OPEN and time.time_ns() < one.expires_ns:
        time.sleep(_POLL_EVERY_S)
        one = test_requests.get(store, one.id) or one
        if one.state is not before:
            print(f"{one.id}: {one.state}{f': {one.said}' if one.said else ''}", flush=True)
            before = one.state
    for run in one.findings:
        values = " ".join(f"{name}={value:g}" for name, value in run.values.items())
        what = " ".join(part for part in (run.link, run.target, run.family) if part)
        why = f" ({run.reason})" if run.reason else ""
        print(f"{what}: {run.outcome}{why} {values}".rstrip())
    return 0 if one.state is RequestStage.DONE else _EXIT_FAILED
