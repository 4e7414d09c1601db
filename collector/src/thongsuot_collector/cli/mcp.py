"""``thongsuot-collector mcp``: the lists as tools of a language model, on standard input."""

import argparse
import asyncio
import importlib.util
import time
from pathlib import Path

from sqlalchemy import Engine

from thongsuot_collector.cli.command import CommandFailed, Commands, on_store
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.queries.city import city_from_store
from thongsuot_collector.store import api_tokens
from thongsuot_collector.store.people import PersonRole
from thongsuot_collector.store.tokens import digest_of
from thongsuot_collector.web.access import Visitor
from thongsuot_collector.web.mcp.tools import CityTools, ToolRefused
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text


def add_commands(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add("mcp", on_store(_serve), localized(Text("collector.cli.mcp")))
    parser.add_argument(
        "--token-file",
        type=Path,
        metavar="FILE",
        help=localized(Text("collector.cli.mcp.token_file")),
    )


def _serve(options: argparse.Namespace, store: Engine, directory: InventoryDirectory) -> int:
    if importlib.util.find_spec("mcp") is None:
        raise CommandFailed(Text("collector.cli.error.no_mcp"))
    from thongsuot_collector.web.mcp.server import serve_stdio  # noqa: PLC0415 - the extra

    token_file: Path | None = options.token_file
    secret = b"" if token_file is None else token_file.read_text("utf-8").strip().encode()

    def visitor_of() -> Visitor:
        if token_file is None:
            return Visitor(role=PersonRole.CITY_READER)
        token = api_tokens.known(store, digest_of(secret))
        if token is None or not token.is_good(time.time_ns()):
            raise ToolRefused(f"the token in {token_file} is not known, revoked or over")
        return Visitor(role=token.role, scope=token.scope, name=token.id, title=token.title)

    visitor_of()
    tools = CityTools(lambda: city_from_store(store, directory), store)
    asyncio.run(serve_stdio(tools, visitor_of))
    return 0
