"""``thongsuot-collector desk-key``: the links that open a carrier's desk."""

import argparse

from sqlalchemy import Engine

from thongsuot_collector.app.durable import LINKS_FILE
from thongsuot_collector.cli import tables
from thongsuot_collector.cli.command import (
    CommandFailed,
    Commands,
    UsageError,
    configured,
    on_store,
    opened_store,
)
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.dispatch.desk_links import DeskLinks
from thongsuot_collector.notify.dispatch.incident_links import IncidentLinks, load_or_create_secret
from thongsuot_collector.store import desk_keys
from thongsuot_schema.suggestion import suggest

_DAY_S = 86_400.0
_DAYS = 365


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    group = commands.group("desk-key", "links that open a carrier's desk without an account")
    adding = group.add("create", _create, "make a link, and print it")
    adding.add_argument("carrier", help="as the inventory names it")
    adding.add_argument("--title", default="", help="whom it is for")
    adding.add_argument("--days", type=int, default=_DAYS, help="how long it is good: %(default)s")
    adding.add_argument(
        "--look-only", action="store_true", help="its bearer answers nothing for the carrier"
    )
    listing = group.add_list("list", on_store(_list), "list the links")
    listing.add_argument("carrier", nargs="?", default="")
    group.add("revoke", on_store(_revoke), "let a link open nothing more").add_argument("id")


def _create(options: argparse.Namespace) -> int:
    configuration, directory = configured(options)
    if options.carrier not in directory.carriers:
        near = suggest(options.carrier, sorted(directory.carriers))
        raise UsageError(f"the inventory has no carrier {options.carrier!r}{near}")
    if options.days < 1:
        raise UsageError("--days is one or more")
    page_url = configuration.settings.notify.page_url
    if not page_url:
        raise CommandFailed("[notify] page_url is empty: nobody could open the link")
    with opened_store(configuration) as store:
        key = desk_keys.create(
            store,
            options.carrier,
            options.title,
            may_act=not options.look_only,
            lasts_s=options.days * _DAY_S,
        )
        secret = load_or_create_secret(configuration.state_dir / LINKS_FILE)
        print(DeskLinks(IncidentLinks(page_url, secret)).url(options.carrier, key.id))
    return 0


def _list(options: argparse.Namespace, store: Engine, _directory: InventoryDirectory) -> int:
    tables.print_table(tables.desk_keys_table(desk_keys.listed(store, options.carrier)), options)
    return 0


def _revoke(options: argparse.Namespace, store: Engine, _directory: InventoryDirectory) -> int:
    desk_keys.revoke(store, options.id)
    print(f"{options.id}: revoked")
    return 0
