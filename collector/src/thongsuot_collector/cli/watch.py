"""``thongsuot-collector watch``: on another machine, notifies people when a collector is down."""

import argparse
import asyncio
import signal
import sys
from contextlib import suppress
from pathlib import Path

import msgspec

from thongsuot_collector.cli.command import Commands
from thongsuot_collector.cli.results import print_result
from thongsuot_collector.config.watch import WatchConfiguration, read_watch_configuration
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text

_CONFIG = Path("/etc/thongsuot/watch.toml")


class WatchedCollectors(msgspec.Struct, frozen=True, kw_only=True):
    """The watched collectors, and the channels by which people are notified."""

    file: str
    collectors: list[str]
    channels: list[str]


def add_commands(commands: Commands) -> None:
    """Add the command."""
    watch = commands.add_result(
        "watch", _watch, localized(Text("collector.cli.watch")), WatchedCollectors
    )
    watch.set_defaults(config=_CONFIG)
    watch.add_argument(
        "--check", action="store_true", help=localized(Text("collector.cli.watch.check"))
    )


def _watch(options: argparse.Namespace) -> int:
    configuration = read_watch_configuration(options.config)
    result = WatchedCollectors(
        file=str(options.config),
        collectors=[watched.name for watched in configuration.settings.collectors],
        channels=[settings.name for _, settings in configuration.channels],
    )
    names, channels = ", ".join(result.collectors), ", ".join(result.channels)
    if options.check:
        good = Text(
            "collector.cli.said.watch_good",
            file=str(options.config),
            collectors=names,
            channels=channels,
        )
        print_result(options, result, [localized(good)])
        return 0
    watching = Text("collector.cli.said.watching", collectors=names, channels=channels)
    print_result(options, result, [localized(watching)])
    sys.stdout.flush()
    asyncio.run(_until_stopped(configuration))
    return 0


async def _until_stopped(configuration: WatchConfiguration) -> None:
    from thongsuot_collector.watch.watcher import Watcher  # noqa: PLC0415 - an HTTP client, for it alone

    channels = {
        settings.name: (kind.make(settings), settings.language)
        for kind, settings in configuration.channels
    }
    work = asyncio.ensure_future(Watcher(configuration.settings, channels).run())
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, work.cancel)
    try:
        with suppress(asyncio.CancelledError):
            await work
    finally:
        for channel, _ in channels.values():
            await channel.close()
