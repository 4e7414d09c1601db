"""
``thongsuot-collector api-token``: tokens for programs, read-only and with the access of a role.
"""

import argparse
from datetime import datetime

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.cli import tables
from thongsuot_collector.cli.command import Commands, UsageError, on_store
from thongsuot_collector.cli.people import check_scope
from thongsuot_collector.cli.results import RevokedEntry, print_result, utc
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.store import api_tokens
from thongsuot_collector.store.people import PersonRole
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text

_DAY_S = 86_400.0
_DAYS = 365


class CreatedApiToken(msgspec.Struct, frozen=True, kw_only=True):
    """A program's token; nothing shows it again."""

    id: str
    title: str
    expires_at: datetime
    token: str


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    group = commands.group("api-token", localized(Text("collector.cli.api_token")))
    creating = group.add_result(
        "create",
        on_store(_create),
        localized(Text("collector.cli.api_token.create")),
        CreatedApiToken,
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
    group.add_list(
        "list",
        on_store(_list),
        localized(Text("collector.cli.api_token.list")),
        tables.API_TOKENS_HEAD,
    )
    group.add_result(
        "revoke",
        on_store(_revoke),
        localized(Text("collector.cli.api_token.revoke")),
        RevokedEntry,
    ).add_argument("id")


def _create(options: argparse.Namespace, store: Engine, directory: InventoryDirectory) -> int:
    role = PersonRole(options.role)
    check_scope(role, options.scope, directory)
    if options.days < 1:
        raise UsageError(Text("collector.cli.error.days"))
    token, secret = api_tokens.create(
        store, options.title, role=role, scope=options.scope, lasts_s=options.days * _DAY_S
    )
    result = CreatedApiToken(
        id=token.id, title=token.title, expires_at=utc(token.expires_ns), token=secret
    )
    print_result(options, result, [secret])
    return 0


def _list(options: argparse.Namespace, store: Engine, _directory: InventoryDirectory) -> int:
    tables.print_table(tables.api_tokens_table(api_tokens.listed(store)), options)
    return 0


def _revoke(options: argparse.Namespace, store: Engine, _directory: InventoryDirectory) -> int:
    api_tokens.revoke(store, options.id)
    line = localized(Text("collector.cli.said.revoked_entry", id=options.id))
    print_result(options, RevokedEntry(id=options.id), [line])
    return 0
