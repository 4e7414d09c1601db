"""``thongsuot-collector site-configs``: the version that each site runs, and its content."""

import argparse
from collections.abc import Iterator

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.cli import tables
from thongsuot_collector.cli.command import Commands, UsageError, on_store
from thongsuot_collector.cli.results import print_result, rows_shape
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.inventory.unknown_names import unknown_site
from thongsuot_collector.siteconfig.derive import derive_config
from thongsuot_collector.siteconfig.rollout import RolloutStatus, rollout_status
from thongsuot_collector.store import site_configs
from thongsuot_runtime.terminal import localized
from thongsuot_schema.localizable import Localizable
from thongsuot_schema.siteconfig.codec import LARGEST_BYTES, encode, short_digest
from thongsuot_schema.words.language import Text

_HEAD = ("site", "newest", "made", "runs", "status", "why")
HELP = Text("collector.cli.site_configs")


class RenewedConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The new version of a site's unchanged configuration."""

    site: str
    version: str


def add_commands(commands: Commands) -> None:
    """Add the command."""
    site_configs = commands.add_result(
        "site-configs",
        on_store(_site_configs),
        localized(HELP),
        rows_shape(_HEAD) | RenewedConfig,
    )
    site_configs.add_argument(
        "site", nargs="?", default="", help=localized(Text("collector.cli.any.site"))
    )
    source = site_configs.add_mutually_exclusive_group()
    source.add_argument(
        "--show", action="store_true", help=localized(Text("collector.cli.site_configs.show"))
    )
    source.add_argument(
        "--renew",
        action="store_true",
        help=localized(Text("collector.cli.site_configs.renew")),
    )


def _site_configs(options: argparse.Namespace, store: Engine, directory: InventoryDirectory) -> int:
    if options.site and options.site not in directory.sites:
        raise UsageError(unknown_site(options.site, sorted(directory.sites)))
    if (options.show or options.renew) and not options.site:
        raise UsageError(Text("collector.cli.error.show_needs_site"))
    if options.show:
        site_config = derive_config(directory.site(options.site), directory)
        print(msgspec.json.format(encode(site_config), indent=2).decode())
    elif options.renew:
        version = site_configs.renew(store, options.site).version
        print_result(options, RenewedConfig(site=options.site, version=version), [version])
    else:
        tables.print_table(tables.Table(_HEAD, _rows(options.site, store, directory)), options)
    return 0


def _rows(only: str, store: Engine, directory: InventoryDirectory) -> list[tuple[str, ...]]:
    versions, runs = site_configs.newest(store), site_configs.runs(store)

    def row(site: str) -> tuple[str, ...]:
        newest, run = versions.get(site), runs.get(site)
        status = rollout_status(newest, run)
        content = encode(derive_config(directory.site(site), directory))
        is_old = newest is not None and newest.digest != short_digest(content)
        why = "the inventory has changed since" if is_old else ""
        if len(content) > LARGEST_BYTES:
            why = Localizable(
                "too large to be sent: {size} bytes, at most {most}",
                size=len(content),
                most=LARGEST_BYTES,
            )
        if status is RolloutStatus.REFUSED and run is not None:
            why = run.reason or Localizable("it has not reported the reason yet")
        return (
            site,
            "-" if newest is None else newest.version,
            "-" if newest is None else tables.format_moment(newest.made_ns),
            "-" if run is None else run.version or "settings file",
            status,
            why,
        )

    return [row(site) for site in _sites(only, directory)]


def _sites(only: str, directory: InventoryDirectory) -> Iterator[str]:
    yield from (site for site in sorted(directory.sites) if only in {"", site})
