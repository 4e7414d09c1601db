"""``thongsuot-collector token`` and ``enrol``: letting a site's device in, and shutting it out."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from sqlalchemy import Engine

from thongsuot_collector.cli import enrol, tables
from thongsuot_collector.cli.command import (
    Commands,
    configured,
    name_from,
    opened_store,
)
from thongsuot_collector.config.read import read_configuration
from thongsuot_collector.pki.authority import CERTIFICATE_FILE, FOLDER
from thongsuot_collector.store import tokens
from thongsuot_schema.inventory.model import Site
from thongsuot_schema.suggestion import suggest


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    group = commands.group("token", "tokens of agents")
    group.add("create", _create, "create a token; it is shown once").add_argument("site")
    group.add_list("list", _list, "list all tokens, or those of a site").add_argument(
        "site", nargs="?"
    )
    revoke = group.add("revoke", _revoke, "revoke the tokens of a site, or one")
    revoke.add_argument("site")
    revoke.add_argument("--id", help="only this one, see `token list`")
    enrol.add_enrol_arguments(commands.add("enrol", _enrol, enrol.ENROL_HELP))


def _create(options: argparse.Namespace) -> int:
    return _for_site(options, lambda store, site, _: print(tokens.create(store, site.name)))


def _enrol(options: argparse.Namespace) -> int:
    return _for_site(
        options,
        lambda store, site, state_dir: enrol.enrol(
            options, store, site, state_dir / FOLDER / CERTIFICATE_FILE
        ),
    )


def _for_site(options: argparse.Namespace, do: Callable[[Engine, Site, Path], None]) -> int:
    configuration, directory = configured(options)
    site = name_from(options.site, "a site")
    # Where the inventory names no site at all, sites are known by their tokens alone.
    if directory.sites and site not in directory.sites:
        known = suggest(site, sorted(directory.sites))
        print(f"note: the inventory has no site {site!r}{known}", file=sys.stderr)
    with opened_store(configuration) as store:
        do(store, directory.site(site), configuration.state_dir)
    return 0


def _list(options: argparse.Namespace) -> int:
    with opened_store(read_configuration(options.config)) as store:
        tables.print_table(tables.tokens_table(tokens.listed(store, options.site)), options)
    return 0


def _revoke(options: argparse.Namespace) -> int:
    with opened_store(read_configuration(options.config)) as store:
        revoked = tokens.revoke(store, options.site, options.id)
    print(f"revoked: {revoked}; a running collector refuses them within five seconds")
    return 0
