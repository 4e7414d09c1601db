"""``thongsuot-collector api-token``: tokens with which programs read what a role may see."""

import argparse

from sqlalchemy import Engine

from thongsuot_collector.cli import tables
from thongsuot_collector.cli.command import Commands, UsageError, on_store
from thongsuot_collector.cli.people import check_scope
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.store import api_tokens
from thongsuot_collector.store.people import PersonRole
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text

_DAY_S = 86_400.0
_DAYS = 365


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    group = commands.group("api-token", localized(Text("collector.cli.api_token")))
    creating = group.add(
        "create", on_store(_create), localized(Text("collector.cli.api_token.create"))
    )
    creating.add_argument("title", help=localized(Text("collector.cli.api_token.create.title")))
    creating.add_argument(
        "--role",
        choices=[role.value for role in api_tokens.ROLES],
        default=PersonRole.CITY_READER.value,
        help=localized(Text("collector.cli.api_token.create.role")),
    )
    creating.add_argument(
        "--scope", default="", help=localized(Text("collector.cli.api_token.create.scope"))
    )
    creating.add_argument(
        "--days", type=int, default=_DAYS, help=localized(Text("collector.cli.any.days"))
    )
    group.add_list("list", on_store(_list), localized(Text("collector.cli.api_token.list")))
    group.add(
        "revoke", on_store(_revoke), localized(Text("collector.cli.api_token.revoke"))
    ).add_argument("id")


def _create(options: argparse.Namespace, store: Engine, directory: InventoryDirectory) -> int:
    role = PersonRole(options.role)
    check_scope(role, options.scope, directory)
    if options.days < 1:
        raise UsageError(Text("collector.cli.error.days"))
    _, secret = api_tokens.create(
        store, options.title, role=role, scope=options.scope, lasts_s=options.days * _DAY_S
    )
    print(secret)
    return 0


def _list(options: argparse.Namespace, store: Engine, _directory: InventoryDirectory) -> int:
    tables.print_table(tables.api_tokens_table(api_tokens.listed(store)), options)
    return 0


def _revoke(options: argparse.Namespace, store: Engine, _directory: InventoryDirectory) -> int:
    api_tokens.revoke(store, options.id)
    print(f"{options.id}: revoked")
    return 0
