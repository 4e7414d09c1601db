"""
The two commands of the README from nothing, in new roots that mmdebstrap makes.

    ./run fresh [RELEASE ...] [--as root|plain] [--command demo|test] [--whole] [--write]
                [--mirror debian=ADDRESS] [--mirror ubuntu=ADDRESS] [--accept-expired] [-- TEST ...]

A root contains only Python and git. In a clone of HEAD, `./run demo` is run and its story followed
to the end, and `./run test` is run for a part of the tests (`--whole`: for all), as root and as a
plain user whose root installs what the commands ask for. Prints a table; `--write` stores it in
docs/reference/from-nothing.md. Needs root and mmdebstrap; part of the nightly run.
"""

import argparse
import dataclasses
import datetime as dt
import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence

from tools.fresh.new_root import ROOT, base_archive, enter, new_root
from tools.fresh.newcomer import say
from tools.fresh.outcome import FreshOutcome, outcome_from_json
from tools.fresh.releases import RELEASES, Release, debian_mirror
from tools.fresh.table import USERS, keep, table_lines

SOME_TESTS = ("tests/schema", "tests/collector/journal", "tests/lab_room/spaces")
"""
Pure tests, tests on the disk, and tests in namespaces: those that depend on Python, SQLite and the
user.
"""


def play(
    release: Release,
    user: str,
    options: argparse.Namespace,
    mirrors: Mapping[str, str],
) -> FreshOutcome:
    """Run the commands in one new root, as one user."""
    described = ["git", "-C", str(ROOT), "rev-parse", "--short=8", "HEAD"]
    commit = subprocess.run(described, capture_output=True, text=True, check=True).stdout.strip()
    not_played = FreshOutcome(
        release=release.name,
        user=user,
        date=dt.datetime.now(dt.UTC).date().isoformat(),
        commit=commit,
    )
    try:
        archive = base_archive(release, mirrors, accept_expired=options.accept_expired)
    except (LookupError, RuntimeError) as error:
        return dataclasses.replace(not_played, not_played=str(error))
    with new_root(archive) as root:
        command = [
            *("python3", "-B", "-m", "tools.fresh.inside", "/outcome.json"),
            *("--release", release.name, "--user", user, "--commit", commit),
            *(("--command", options.command) if options.command else ()),
            *("--tests", *(() if options.whole else options.tests or SOME_TESTS)),
        ]
        code = enter(root, command)
        result = root / "outcome.json"
        if not result.exists():
            reason = f"the program inside the root ended with {code}"
            return dataclasses.replace(not_played, not_played=reason)
        return outcome_from_json(json.loads(result.read_text("utf-8")))


def main(arguments: Sequence[str]) -> int:
    """Run the chosen roots; return 0 if every run was as expected."""
    names = [release.name for release in RELEASES]
    parser = argparse.ArgumentParser(
        prog="./run fresh",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("releases", nargs="*", metavar="RELEASE", help=f"of {', '.join(names)}")
    parser.add_argument("--as", dest="users", action="append", choices=USERS, help="default: both")
    parser.add_argument("--command", choices=("demo", "test"), help="default: both")
    parser.add_argument("--whole", action="store_true", help="all tests, not some of them")
    parser.add_argument("--write", action="store_true", help="keep the table in the documentation")
    parser.add_argument("--mirror", action="append", default=[], metavar="NAME=ADDRESS")
    parser.add_argument(
        "--accept-expired",
        action="store_true",
        help="accept the expired index of a mirror that is no longer updated",
    )
    before, _, tests = _split(arguments)
    options = parser.parse_args(before)
    options.tests = tests
    if unknown := set(options.releases) - set(names):
        parser.error(f"no root {', '.join(sorted(unknown))}; known: {', '.join(names)}")
    if os.geteuid() != 0:
        parser.error("only root can make a new root")
    mirrors = {"debian": debian_mirror()} | dict(word.split("=", 1) for word in options.mirror)
    runs = [
        (release, user)
        for release in RELEASES
        if release.name in options.releases or not options.releases
        for user in options.users or USERS
    ]
    outcomes = []
    for number, (release, user) in enumerate(runs, start=1):
        say(f"[{number}/{len(runs)}] {release.title}, as {user}")
        started = time.monotonic()
        outcomes.append(outcome := play(release, user, options, mirrors))
        ending = outcome.not_played or ("good" if outcome.is_good else "not good")
        say(f"[{number}/{len(runs)}] {ending} after {time.monotonic() - started:.0f} s")
    sys.stdout.write("\n".join(table_lines(outcomes)) + "\n")
    if options.write:
        keep(outcomes)
    played = [outcome for outcome in outcomes if not outcome.not_played]
    return 0 if played and all(outcome.is_good for outcome in played) else 1


def _split(arguments: Sequence[str]) -> tuple[list[str], str, list[str]]:
    """Return the arguments before the first ``--``, and the tests after it."""
    words = list(arguments)
    if "--" not in words:
        return words, "", []
    at = words.index("--")
    return words[:at], "--", words[at + 1 :]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
