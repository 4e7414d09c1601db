"""``thongsuot-collector token`` and ``enrol``: grant and revoke access for a site's device."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.cli import enrol, tables
from thongsuot_collector.cli.command import (
    Commands,
    configured,
    opened_store,
    site_name,
)
from thongsuot_collector.cli.results import RevokedCredentials, print_result
from thongsuot_collector.config.read import read_configuration
from thongsuot_collector.pki.authority import CERTIFICATE_FILE, FOLDER
from thongsuot_collector.store import tokens
from thongsuot_runtime.terminal import localized
from thongsuot_schema.inventory.model import Site
from thongsuot_schema.words.language import Text
from thongsuot_schema.words.suggestions import suggested


class CreatedToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token of a site; nothing shows it again."""

    site: str
    token: str


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    group = commands.group("token", localized(Text("collector.cli.token")))
    group.add_result(
        "create", _create, localized(Text("collector.cli.token.create")), CreatedToken
    ).add_argument("site")
    group.add_list(
        "list", _list, localized(Text("collector.cli.token.list")), tables.TOKENS_HEAD
    ).add_argument("site", nargs="?")
    revoke = group.add_result(
        "revoke", _revoke, localized(Text("collector.cli.token.revoke")), RevokedCredentials
    )
    revoke.add_argument("site")
    revoke.add_argument("--id", help=localized(Text("collector.cli.token.revoke.id")))
    enrol.add_enrol_arguments(
        commands.add_result("enrol", _enrol, localized(enrol.ENROL_HELP), enrol.EnrolmentCode)
    )


def _create(options: argparse.Namespace) -> int:
    def create(store: Engine, site: Site, _state_dir: Path) -> None:
        token = tokens.create(store, site.name)
        print_result(options, CreatedToken(site=site.name, token=token), [token])

    return _for_site(options, create)


def _enrol(options: argparse.Namespace) -> int:
    return _for_site(
        options,
        lambda store, site, state_dir: enrol.enrol(
            options, store, site, state_dir / FOLDER / CERTIFICATE_FILE
        ),
    )


def _for_site(options: argparse.Namespace, do: Callable[[Engine, Site, Path], None]) -> int:
    configuration, directory = configured(options)
    site = site_name(options.site)
    # If the inventory has no site at all, sites are known only by their tokens.
    if directory.sites and site not in directory.sites:
        near = suggested(site, sorted(directory.sites))
        unknown = Text("collector.cli.said.unknown_site", site=site, near=near)
        print(localized(unknown), file=sys.stderr)
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
    result = RevokedCredentials(site=options.site, revoked=revoked)
    text = Text("collector.cli.said.revoked", count=revoked)
    print_result(options, result, [localized(text)])
    return 0
