"""``thongsuot-collector request-test``: a test now, through the store of a running collector."""

import argparse
import getpass
import os
import time

from sqlalchemy import Engine

from thongsuot_collector.cli.command import EXIT_FAILED, Commands, UsageError, on_store
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.store import test_requests
from thongsuot_collector.store.test_requests import OPEN, RequestedTest, RequestStage
from thongsuot_collector.test_requests.request import new_request, request_mistake
from thongsuot_runtime.terminal import localized
from thongsuot_schema.batch.push import REQUESTABLE_KINDS
from thongsuot_schema.words.language import Text

HELP = Text("collector.cli.request_test")

_POLL_EVERY_S = 0.5


def add_commands(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add("request-test", on_store(_request_test), localized(HELP))
    parser.add_argument("site")
    parser.add_argument("kind", choices=REQUESTABLE_KINDS)
    parser.add_argument(
        "--link",
        default="",
        metavar="NAME",
        help=localized(Text("collector.cli.request_test.link")),
    )
    parser.add_argument(
        "--target",
        default="",
        metavar="NAME",
        help=localized(Text("collector.cli.request_test.target")),
    )
    parser.add_argument("--id", default="", help=localized(Text("collector.cli.request_test.id")))
    parser.add_argument(
        "--wait", action="store_true", help=localized(Text("collector.cli.request_test.wait"))
    )


def _request_test(options: argparse.Namespace, store: Engine, directory: InventoryDirectory) -> int:
    request = new_request(
        options.site,
        options.kind,
        link=options.link,
        target=options.target,
        requested_by=os.environ.get("SUDO_USER") or getpass.getuser(),
        name=options.id,
    )
    mistake = request_mistake(request, directory)
    if mistake:
        raise UsageError(mistake)
    request = test_requests.put(store, request)
    print(f"{request.id}: {request.state}", flush=True)
    return _wait_for_result(store, request) if options.wait else 0


def _wait_for_result(store: Engine, request: RequestedTest) -> int:
    before = request.state
    while request.state in OPEN and time.time_ns() < request.expires_ns:
        time.sleep(_POLL_EVERY_S)
        request = test_requests.get(store, request.id) or request
        if request.state is not before:
            reason = f": {request.refusal}" if request.refusal else ""
            print(f"{request.id}: {request.state}{reason}", flush=True)
            before = request.state
    for run in request.runs:
        values = " ".join(f"{name}={value:g}" for name, value in run.values.items())
        subject = " ".join(part for part in (run.link, run.target, run.family) if part)
        why = f" ({run.reason})" if run.reason else ""
        print(f"{subject}: {run.outcome}{why} {values}".rstrip())
    return 0 if request.state is RequestStage.DONE else EXIT_FAILED
