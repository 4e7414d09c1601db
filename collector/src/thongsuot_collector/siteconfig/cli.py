"""``thongsuot-collector plans``: which site runs which version of its plan, and what is in one."""

import argparse
import sys
from collections.abc import Callable, Iterator

import msgspec
from sqlalchemy import Engine

from thongsuot_collector import tell
from thongsuot_collector.directory import InventoryDirectory
from thongsuot_collector.siteconfig.derive import derive_config
from thongsuot_collector.siteconfig.rollout import RolloutStatus, rollout_status
from thongsuot_collector.store import site_configs
from thongsuot_schema.siteconfig.codec import LARGEST_BYTES, encode, short_digest

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


def _plans(options: argparse.Namespace, store: Engine, directory: InventoryDirectory) -> int:
    if options.site and options.site not in directory.sites:
        print(f"the inventory has no site {options.site!r}", file=sys.stderr)
        return _EXIT_WRONG
    if (options.show or options.renew) and not options.site:
        print("say of which site", file=sys.stderr)
        return _EXIT_WRONG
    if options.show:
        plan = derive_config(directory.site(options.site), directory)
        print(msgspec.json.format(encode(plan), indent=2).decode())
    elif options.renew:
        print(site_configs.renew(store, options.site).version)
    else:
        print(
            tell.format_table(
                ("site", "newest", "made", "runs", "stand", "why"),
                _rows(options.site, store, directory),
            )
        )
    return 0


def _rows(only: str, store: Engine, directory: InventoryDirectory) -> list[tuple[str, ...]]:
    made, runs = site_configs.newest(store), site_configs.runs(store)

    def row(site: str) -> tuple[str, ...]:
        newest, run = made.get(site), runs.get(site)
        stand = rollout_status(newest, run)
        content = encode(derive_config(directory.site(site), directory))
        is_old = newest is not None and newest.digest != short_digest(content)
        why = "the inventory has changed since" if is_old else ""
        if len(content) > LARGEST_BYTES:
            why = f"too large to be sent: {len(content)} bytes, at most {LARGEST_BYTES}"
        if stand is RolloutStatus.REFUSED and run is not None:
            why = run.reason or "it has not said why yet"
        return (
            site,
            "-" if newest is None else newest.version,
            "-" if newest is None else tell.format_moment(newest.made_ns),
            "-" if run is None else run.version or "settings file",
            stand,
            why,
        )

    return [row(site) for site in _sites(only, directory)]


def _sites(only: str, directory: InventoryDirectory) -> Iterator[str]:
    yield from (site for site in sorted(directory.sites) if only in {"", site})
