"""
``thongsuot-collector request-test``: requests a test through the store of a running collector.
"""

import argparse
import getpass
import os
import time
from collections.abc import Callable

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.cli.command import EXIT_FAILED, Commands, UsageError, on_store
from thongsuot_collector.cli.results import print_result
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.store import test_requests
from thongsuot_collector.store.test_requests import OPEN, RequestedTest, RequestStage
from thongsuot_collector.test_requests.request import new_request, request_mistake
from thongsuot_runtime.terminal import localized, terminal_language
from thongsuot_schema.batch.push import REQUESTABLE_KINDS
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.view import TestRun
from thongsuot_schema.words.codes import Code, family_code, reason_code
from thongsuot_schema.words.language import Formatted, Text
from thongsuot_schema.words.requested_tests import describe_refusal

HELP = Text("collector.cli.request_test")

_POLL_EVERY_S = 0.5

STAGES = {
    RequestStage.WAITING: Text("collector.cli.test.waiting"),
    RequestStage.TAKEN: Text("collector.cli.test.taken"),
    RequestStage.DONE: Text("collector.cli.test.done"),
    RequestStage.REFUSED: Text("collector.cli.test.refused"),
    RequestStage.EXPIRED: Text("collector.cli.test.expired"),
}
OUTCOMES = {
    Outcome.OK: Text("collector.cli.test.outcome.ok"),
    Outcome.FAILED: Text("collector.cli.test.outcome.failed"),
    Outcome.UNMEASURED: Text("collector.cli.test.outcome.unmeasured"),
}
"""The stages of a test and the ends of its runs, as a person reads them."""


class RequestedTestReport(msgspec.Struct, frozen=True, kw_only=True):
    """
    A test and its progress; without ``--wait`` it has only just been requested. Empty ``link`` or
    ``target``: all that the test measures.
    """

    id: str
    site: str
    kind: str
    link: str
    target: str
    state: RequestStage
    refusal: str
    runs: list[TestRun]


def add_commands(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_result(
        "request-test", on_store(_request_test), localized(HELP), RequestedTestReport
    )
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
    # Text for people is printed as the test proceeds, because it takes a minute or two.
    say = _say_nothing if options.json else _say
    say(f"{request.id}: {localized(STAGES[request.state])}")
    if options.wait:
        request = _ended(store, request, say)
    if options.json:
        print_result(options, _report(request))
    is_good = request.state is RequestStage.DONE or not options.wait
    return 0 if is_good else EXIT_FAILED


def _say(line: str) -> None:
    print(line, flush=True)


def _say_nothing(_line: str) -> None:
    """Print nothing: the whole result comes at the end."""


def _report(request: RequestedTest) -> RequestedTestReport:
    return RequestedTestReport(
        id=request.id,
        site=request.site,
        kind=request.kind,
        link=request.link,
        target=request.target,
        state=request.state,
        refusal=request.refusal,
        runs=request.runs,
    )


def _ended(store: Engine, request: RequestedTest, say: Callable[[str], None]) -> RequestedTest:
    """Wait for the end of a test, and report its stages; return the ended test."""
    before = request.state
    while request.state in OPEN and time.time_ns() < request.expires_ns:
        time.sleep(_POLL_EVERY_S)
        request = test_requests.get(store, request.id) or request
        if request.state is not before:
            reason = f": {_refusal(request.refusal)}" if request.refusal else ""
            say(f"{request.id}: {localized(STAGES[request.state])}{reason}")
            before = request.state
    for run in request.runs:
        values = " ".join(f"{name}={value:g}" for name, value in run.values.items())
        subject = " ".join(part for part in (run.link, run.target, _family(run.family)) if part)
        why = f" ({_reason(run.reason)})" if run.reason else ""
        say(f"{subject}: {localized(OUTCOMES[Outcome(run.outcome)])}{why} {values}".rstrip())
    return request


def _family(word: str) -> str:
    return family_code(Family(word)).read(terminal_language()) if word in set(Family) else word


def _reason(word: str) -> str:
    try:
        return reason_code(Reason(word)).read(terminal_language())
    except ValueError:
        return word  # of another release


def _refusal(refusal: str) -> str:
    said = Formatted(lambda language: describe_refusal(refusal, language))
    return Code(refusal, said).read(terminal_language())
