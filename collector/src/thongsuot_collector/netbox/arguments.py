"""
What ``thongsuot-collector inventory netbox`` takes.

Apart from what it does: every command loads this, and only that one pynetbox and requests.
"""

import argparse
from pathlib import Path

from thongsuot_collector.config.read import read_configuration

_HELP = "make one file of the inventory from a NetBox"

FILE = "netbox.toml"
"""What the file is called where nobody says so."""


def add_parsers(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    common: argparse.ArgumentParser,
) -> None:
    """Add the command and what it takes."""
    sources = commands.add_parser(
        "inventory", help="what sites, links and carriers there are"
    ).add_subparsers(required=True, metavar="COMMAND")
    parser = sources.add_parser("netbox", help=_HELP, description=_HELP, parents=[common])
    parser.set_defaults(command=_run)
    parser.add_argument("--url", required=True, help="as in https://netbox.example/")
    parser.add_argument(
        "--token-file", type=Path, required=True, metavar="FILE", help="holds the token of the API"
    )
    parser.add_argument(
        "--out", type=Path, metavar="FILE", help=f"default: {FILE} in the inventory's folder"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would change, and change nothing"
    )
    parser.add_argument("--tag", default="", help="only sites that have it (its slug)")
    parser.add_argument("--ca-file", default="", metavar="FILE", help="who signs its certificate")
    parser.add_argument(
        "--timeout-s", type=float, default=30.0, metavar="S", help="for each answer; %(default)s"
    )
    parser.add_argument(
        "--allow-removal", action="store_true", help="even if most of the sites are gone"
    )


def _run(options: argparse.Namespace) -> int:
    from thongsuot_collector.netbox import cli  # noqa: PLC0415 - 6 MB, for this command only

    folder = "" if options.out else read_configuration(options.config).settings.inventory_dir
    return cli.run(options, folder)
