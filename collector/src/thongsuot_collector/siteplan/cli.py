"""``thongsuot-collector plans``: which site runs which version of its plan, and what is in one."""

import argparse
import sys
from collections.abc import Callable, Iterator

import msgspec
from sqlalchemy import Engine

from thongsuot_collector import tell
from thongsuot_collector.directory import Directory
from thongsuot_collector.siteplan.derive import plan_of
from thongsuot_collector.siteplan.stand import Stand, stand_of
from thongsuot_collector.store import site_plans
from thongsuot_schema.siteplan.codec import LARGEST_BYTES, digest_text, encode

HELP = "which site runs which version of what the inventory has it watch"

_EXIT_WRONG = 2

Add = Callable[[str, str], argparse.ArgumentParser]
"""Makes the parser of a command, of its name and what it does."""


def add_parser(add: Add) -> None:
    """Add the parser; ``work`` of what it reads is what is to be done."""
    plans = add("plans", HELP)
    plans.set_defaults(work=_plans)
    plans.add_argument("site", nargs="?", default="", help="only this one")
    what = plans.add_mutually_exclusive_group()
    what.add_argument("--show", action="store_true", help="print the plan of the site, as JSON")
    what.add_argument(
        "--renew",
        action="store_true",
        help="make the same plan a new version: an agent that refused it tries it again",
    )


def _plans(options: argparse.Namespace, store: Engine, directory: Directory) -> int:
    if options.site and options.site not in directory.sites:
        print(f"the inventory has no site {options.site!r}", file=sys.stderr)
        return _EXIT_WRONG
    if (options.show or options.renew) and not options.site:
        print("say of which site", file=sys.stderr)
        return _EXIT_WRONG
    if options.show:
        plan = plan_of(directory.site(options.site), directory)
        print(msgspec.json.format(encode(plan), indent=2).decode())
    elif options.renew:
        print(site_plans.renew(store, options.site).version)
    else:
        print(
            tell.table(
                ("site", "newest", "made", "runs", "stand", "why"),
                _rows(options.site, store, directory),
            )
        )
    return 0


def _rows(only: str, store: Engine, directory: Directory) -> list[tuple[str, ...]]:
    made, runs = site_plans.newest(store), site_plans.runs(store)

    def row(site: str) -> tuple[str, ...]:
        newest, run = made.get(site), runs.get(site)
        stand = stand_of(newest, run)
        content = encode(plan_of(directory.site(site), directory))
        is_old = newest is not None and newest.digest != digest_text(content)
        why = "the inventory has changed since" if is_old else ""
        if len(content) > LARGEST_BYTES:
            why = f"too large to be sent: {len(content)} bytes, at most {LARGEST_BYTES}"
        if stand is Stand.REFUSED and run is not None:
            why = run.reason or "it has not said why yet"
        return (
            site,
            "-" if newest is None else newest.version,
            "-" if newest is None else tell.moment(newest.made_ns),
            "-" if run is None else run.version or "settings file",
            stand,
            why,
        )

    return [row(site) for site in _sites(only, directory)]


def _sites(only: str, directory: Directory) -> Iterator[str]:
    yield from (site for site in sorted(directory.sites) if only in {"", site})
