"""
What a newcomer does with a new clone, and what must be observed; runs inside a new root.

    python3 -m tools.fresh.inside RESULT --release NAME --user root|plain
        [--command demo|test] [--tests TEST ...]

Only the standard library, because nothing else is installed yet. Starts ``./run demo``, opens every
address that it prints, follows its story to the end, ends it with Ctrl-C and looks for leftovers;
then runs ``./run test``. For a plain user it installs, as the machine's root would, the packages
for which a command stopped, and records them.
"""

import argparse
import datetime as dt
import json
import os
import platform
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from tools.fresh.demo_watch import watch_demo
from tools.fresh.newcomer import Newcomer, say
from tools.fresh.outcome import DemoOutcome, FreshOutcome, TestOutcome

PROGRESS_EVERY_S = 60.0
_COUNT = re.compile(r"(\d+) (passed|failed|skipped|errors?|xfailed|deselected)\b")
_SUMMARY = re.compile(r"^(=+ )?\d+ (passed|failed|skipped|error).* in [\d.]+s")


def play_demo(newcomer: Newcomer) -> DemoOutcome:
    """Run the demo until it needs nothing more from root; return what was observed."""
    while True:
        outcome, lines = watch_demo(newcomer)
        if outcome.seen_s is not None or not newcomer.install_what_is_asked_for(lines):
            return outcome


def play_tests(newcomer: Newcomer, tests: Sequence[str]) -> TestOutcome:
    """Run the tests until they need nothing more from root; return what was observed."""
    started = time.monotonic()
    while True:
        code, lines = _run_tests(newcomer, tests)
        if code == 0 or not newcomer.install_what_is_asked_for(lines):
            took_s = time.monotonic() - started
            say(f"./run test ended with {code} after {took_s:.0f} s")
            return TestOutcome(tests=tuple(tests), code=code, took_s=took_s, counts=counted(lines))


def _run_tests(newcomer: Newcomer, tests: Sequence[str]) -> tuple[int, list[str]]:
    log = Path("/tmp/tests.log")
    started = time.monotonic()
    with log.open("wb") as out:
        process = newcomer.start(["./run", "test", *tests], stdout=out, stderr=subprocess.STDOUT)
        code = process.poll()
        while code is None:
            try:
                code = process.wait(PROGRESS_EVERY_S)
            except subprocess.TimeoutExpired:
                say(f"./run test: {(time.monotonic() - started) / 60:.0f} min")
    text = log.read_text("utf-8", "replace")
    if code:
        sys.stderr.write(text)
    return code, text.splitlines()


def counted(lines: Sequence[str]) -> dict[str, int]:
    """Add up the summaries of pytest at the end of an output: of one run, or of each part."""
    counts: dict[str, int] = {}
    for line in reversed(lines):
        if line.startswith("failed: "):
            continue
        if not _SUMMARY.match(line):
            break
        for number, word in _COUNT.findall(line):
            counts[word] = counts.get(word, 0) + int(number)
    return counts


def command_line() -> argparse.ArgumentParser:
    """Return what reads the arguments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("result", type=Path)
    parser.add_argument("--release", required=True)
    parser.add_argument("--user", choices=("root", "plain"), required=True)
    parser.add_argument("--command", choices=("demo", "test"))
    parser.add_argument("--commit", default="")
    # The rest of the line: pytest's own options are among it.
    parser.add_argument("--tests", nargs=argparse.REMAINDER, default=[], help="default: all")
    return parser


def main(arguments: Sequence[str]) -> int:
    """Run the requested commands, and write the outcome."""
    options = command_line().parse_args(arguments)
    commands = sum(1 for _ in Path("/usr/bin").iterdir())
    say(f"Python {platform.python_version()}, {commands} commands in /usr/bin, {options.user}")
    newcomer = Newcomer(is_root=options.user == "root")
    newcomer.settle(Path.cwd())
    demo = play_demo(newcomer) if options.command != "test" else None
    test = play_tests(newcomer, options.tests) if options.command != "demo" else None
    outcome = FreshOutcome(
        release=options.release,
        user=options.user,
        date=dt.datetime.now(dt.UTC).date().isoformat(),
        commit=options.commit,
        machine=f"{os.cpu_count()} cores, Linux {platform.release()}",
        python=platform.python_version(),
        commands=commands,
        asked_root_for=tuple(newcomer.installed),
        without=tuple(sorted(newcomer.goes_without)),
        demo=demo,
        test=test,
    )
    options.result.write_text(json.dumps(outcome.as_json()), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
