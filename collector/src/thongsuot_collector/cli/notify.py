"""``thongsuot-collector notify``: send test notifications."""

import argparse
import asyncio

from thongsuot_collector.cli.command import EXIT_FAILED, Commands, UsageError, configured
from thongsuot_collector.config.read import Configuration
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.dispatch.channel_trial import ChannelTrialResult, try_channels
from thongsuot_collector.notify.dispatch.routing import PartyUnknown
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    group = commands.group("notify", localized(Text("collector.cli.notify")))
    test = group.add("test", _test, localized(Text("collector.cli.notify.test")))
    test.add_argument("party", help=localized(Text("collector.cli.notify.test.party")))


def _test(options: argparse.Namespace) -> int:
    configuration, directory = configured(options)
    try:
        results = asyncio.run(_tried(configuration, directory, options.party))
    except PartyUnknown as error:
        raise UsageError(error.sentence) from error
    return 0 if all(result.is_good for result in results) else EXIT_FAILED


async def _tried(
    configuration: Configuration, directory: InventoryDirectory, name: str
) -> list[ChannelTrialResult]:
    results = []
    hotline = configuration.settings.page.support_hotline
    notify = configuration.settings.notify
    async for result in try_channels(
        configuration.channels, notify, directory, name, hotline=hotline
    ):
        print(result, flush=True)
        results.append(result)
    return results
