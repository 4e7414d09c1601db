"""
The arguments of ``thongsuot-collector inventory netbox``.

They are separate from its implementation (``netbox_import``): every command loads this module, and
only that command needs pynetbox and requests.
"""

import argparse
from pathlib import Path

from thongsuot_collector.cli.command import Commands
from thongsuot_collector.cli.results import ImportedInventory
from thongsuot_collector.config.read import read_configuration
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text

_HELP = Text("collector.cli.inventory.netbox")

FILE = "netbox.toml"
"""The default name of the file."""


def add_commands(commands: Commands) -> None:
    """Add the command and its arguments."""
    sources = commands.group("inventory", localized(Text("collector.cli.inventory")))
    parser = sources.add_result("netbox", _run, localized(_HELP), ImportedInventory)
    parser.add_argument(
        "--url", required=True, help=localized(Text("collector.cli.inventory.netbox.url"))
    )
    parser.add_argument(
        "--token-file",
        type=Path,
        required=True,
        metavar="FILE",
        help=localized(Text("collector.cli.inventory.netbox.token_file")),
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help=localized(Text("collector.cli.inventory.netbox.out", file=FILE)),
    )
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help=localized(Text("collector.cli.inventory.netbox.dry_run")),
    )
    parser.add_argument(
        "--tag", default="", help=localized(Text("collector.cli.inventory.netbox.tag"))
    )
    parser.add_argument(
        "--ca-file",
        default="",
        metavar="FILE",
        help=localized(Text("collector.cli.inventory.netbox.ca_file")),
    )
    parser.add_argument(
        "--timeout-s",
        type=float,
        default=30.0,
        metavar="S",
        help=localized(Text("collector.cli.inventory.netbox.timeout_s")),
    )
    parser.add_argument(
        "--allow-removal",
        action="store_true",
        help=localized(Text("collector.cli.inventory.netbox.allow_removal")),
    )


def _run(options: argparse.Namespace) -> int:
    from thongsuot_collector.cli import netbox_import  # noqa: PLC0415 - 6 MB, for this only

    return netbox_import.run(options, options.out or _default_path(options.config))


def _default_path(config: Path) -> Path | None:
    folder = read_configuration(config).settings.inventory_dir
    return Path(folder, FILE) if folder else None
