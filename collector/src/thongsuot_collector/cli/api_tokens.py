"""``thongsuot-collector api-token``: tokens by which programs read what a role may see."""

import argparse

from sqlalchemy import Engine

from thongsuot_collector.cli import tables
from thongsuot_collector.cli.command import Commands, UsageError, on_store
from thongsuot_collector.cli.people import check_scope
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.store import api_tokens
from thongsuot_collector.store.people import PersonRole

_DAY_S = 86_400.0
_DAYS = 365


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    group = commands.group("api-token", "tokens by which programs read, and change nothing")
    creating = group.add("create", on_store(_create), "make a token, and print it")
    creating.add_argument("title", help="which program has it, as people read it")
    creating.add_argument(
        "--role",
        choices=[role.value for role in api_tokens.ROLES],
        default=PersonRole.CITY_READER.value,
        help="what it may see: %(default)s",
    )
    creating.add_argument("--scope", default="", help="the carrier's name, or the commune's code")
    creating.add_argument(
        "--days", type=int, default=_DAYS, help="how long it is good: %(default)s"
    )
    group.add_list("list", on_store(_list), "list the tokens")
    group.add("revoke", on_store(_revoke), "let a token open nothing more").add_argument("id")


def _create(options: argparse.Namespace, store: Engine, directory: InventoryDirectory) -> int:
    role = PersonRole(options.role)
    check_scope(role, options.scope, directory)
    if options.days < 1:
        raise UsageError("--days is one or more")
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
