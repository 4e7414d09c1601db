"""``thongsuot-collector desk-key``: the links that open a carrier's desk."""

import argparse
from datetime import datetime

import msgspec
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
from thongsuot_collector.cli.results import RevokedEntry, print_result, utc
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.inventory.unknown_names import unknown_carrier
from thongsuot_collector.notify.dispatch.desk_links import DeskLinks
from thongsuot_collector.notify.dispatch.incident_links import IncidentLinks, load_or_create_secret
from thongsuot_collector.store import desk_keys
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text

_DAY_S = 86_400.0
_DAYS = 365


class CreatedDeskKey(msgspec.Struct, frozen=True, kw_only=True):
    """A link that opens a carrier's desk."""

    id: str
    carrier: str
    expires_at: datetime
    url: str


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    group = commands.group("desk-key", localized(Text("collector.cli.desk_key")))
    adding = group.add_result(
        "create", _create, localized(Text("collector.cli.desk_key.create")), CreatedDeskKey
    )
    adding.add_argument("carrier", help=localized(Text("collector.cli.any.as_the_inventory_names")))
    adding.add_argument(
        "--title", default="", help=localized(Text("collector.cli.desk_key.create.title"))
    )
    adding.add_argument(
        "--days", type=int, default=_DAYS, help=localized(Text("collector.cli.any.days"))
    )
    adding.add_argument(
        "--look-only",
        action="store_true",
        help=localized(Text("collector.cli.desk_key.create.look_only")),
    )
    listing = group.add_list(
        "list",
        on_store(_list),
        localized(Text("collector.cli.desk_key.list")),
        tables.DESK_KEYS_HEAD,
    )
    listing.add_argument("carrier", nargs="?", default="")
    group.add_result(
        "revoke",
        on_store(_revoke),
        localized(Text("collector.cli.desk_key.revoke")),
        RevokedEntry,
    ).add_argument("id")


def _create(options: argparse.Namespace) -> int:
    configuration, directory = configured(options)
    if options.carrier not in directory.carriers:
        raise UsageError(unknown_carrier(options.carrier, sorted(directory.carriers)))
    if options.days < 1:
        raise UsageError(Text("collector.cli.error.days"))
    page_url = configuration.settings.notify.page_url
    if not page_url:
        raise CommandFailed(Text("collector.cli.error.page_url"))
    with opened_store(configuration) as store:
        key = desk_keys.create(
            store,
            options.carrier,
            options.title,
            may_act=not options.look_only,
            lasts_s=options.days * _DAY_S,
        )
        secret = load_or_create_secret(configuration.state_dir / LINKS_FILE)
        url = DeskLinks(IncidentLinks(page_url, secret)).url(options.carrier, key.id)
    result = CreatedDeskKey(id=key.id, carrier=key.carrier, expires_at=utc(key.expires_ns), url=url)
    print_result(options, result, [url])
    return 0


def _list(options: argparse.Namespace, store: Engine, _directory: InventoryDirectory) -> int:
    tables.print_table(tables.desk_keys_table(desk_keys.listed(store, options.carrier)), options)
    return 0


def _revoke(options: argparse.Namespace, store: Engine, _directory: InventoryDirectory) -> int:
    desk_keys.revoke(store, options.id)
    line = localized(Text("collector.cli.said.revoked_entry", id=options.id))
    print_result(options, RevokedEntry(id=options.id), [line])
    return 0
