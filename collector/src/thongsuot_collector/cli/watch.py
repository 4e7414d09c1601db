"""``thongsuot-collector watch``: on another machine, notifies people when a collector is down."""

import argparse
import asyncio
import signal
from contextlib import suppress
from pathlib import Path

from thongsuot_collector.cli.command import Commands
from thongsuot_collector.config.watch import WatchConfiguration, read_watch_configuration
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text

_CONFIG = Path("/etc/thongsuot/watch.toml")


def add_commands(commands: Commands) -> None:
    """Add the command."""
    watch = commands.add("watch", _watch, localized(Text("collector.cli.watch")))
    watch.set_defaults(config=_CONFIG)
    watch.add_argument(
        "--check", action="store_true", help=localized(Text("collector.cli.watch.check"))
    )


def _watch(options: argparse.Namespace) -> int:
    configuration = read_watch_configuration(options.config)
    names = ", ".join(watched.name for watched in configuration.settings.collectors)
    channels = ", ".join(settings.name for _, settings in configuration.channels)
    if options.check:
        print(f"{options.config}: good; collectors: {names}; channels: {channels}")
        return 0
    print(f"watching {names}; tells by {channels}", flush=True)
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
