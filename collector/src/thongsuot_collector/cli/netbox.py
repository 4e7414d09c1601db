"""
What ``thongsuot-collector inventory netbox`` takes.

Apart from what it does: every command loads this, and only that one pynetbox and requests.
"""

import argparse
from pathlib import Path

from thongsuot_collector.cli.command import Commands
from thongsuot_collector.config.read import read_configuration

_HELP = "import sites, links and carriers from a NetBox into one file"

FILE = "netbox.toml"
"""What the file is called where nobody says so."""


def add_commands(commands: Commands) -> None:
    """Add the command and what it takes."""
    sources = commands.group("inventory", "sites, links and carriers")
    parser = sources.add("netbox", _run, _HELP)
    parser.add_argument("--url", required=True, help="as in https://netbox.example/")
    parser.add_argument(
        "--token-file", type=Path, required=True, metavar="FILE", help="file with the API token"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help=f"default: {FILE} in the inventory's folder"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="print what would change, change nothing"
    )
    parser.add_argument("--tag", default="", help="only sites with this tag (its slug)")
    parser.add_argument("--ca-file", default="", metavar="FILE", help="authorities to trust (PEM)")
    parser.add_argument(
        "--timeout-s", type=float, default=30.0, metavar="S", help="for each answer; %(default)s"
    )
    parser.add_argument(
        "--allow-removal", action="store_true", help="even if most of the sites are gone"
    )


def _run(options: argparse.Namespace) -> int:
    from thongsuot_collector.cli import netbox_import  # noqa: PLC0415 - 6 MB, for this only

    return netbox_import.run(options, options.out or _default_path(options.config))


def _default_path(config: Path) -> Path | None:
    folder = read_configuration(config).settings.inventory_dir
    return Path(folder, FILE) if folder else None
