"""``thongsuot-collector notify``: send test notifications."""

import argparse
import asyncio
from collections.abc import Callable

import msgspec

from thongsuot_collector.cli.command import EXIT_FAILED, Commands, UsageError, configured
from thongsuot_collector.cli.results import print_result
from thongsuot_collector.config.read import Configuration
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.dispatch.channel_trial import ChannelTrialResult, try_channels
from thongsuot_collector.notify.dispatch.routing import PartyUnknown
from thongsuot_collector.notify.message import ChannelOutcome, ChannelResult
from thongsuot_runtime.terminal import localized
from thongsuot_schema.words.language import Text

OUTCOMES = {
    ChannelOutcome.DELIVERED: Text("collector.cli.trial.delivered"),
    ChannelOutcome.RETRY: Text("collector.cli.trial.retry"),
    ChannelOutcome.UNKNOWN: Text("collector.cli.trial.unknown"),
    ChannelOutcome.CHANNEL_UNAVAILABLE: Text("collector.cli.trial.channel_unavailable"),
    ChannelOutcome.REJECTED: Text("collector.cli.trial.rejected"),
}
"""What a receiver has made of a message, as a person reads it."""


class ChannelTrial(msgspec.Struct, frozen=True, kw_only=True):
    """
    The result of a test by one channel.

    ``reference`` is the receiver's name for it (a ticket's number); ``withdrawal`` the result of
    withdrawing it, ``None`` if nothing would have stayed open.
    """

    party: str
    channel: str
    is_good: bool
    outcome: ChannelOutcome
    answer: str
    reference: str
    withdrawal: ChannelOutcome | None


class ChannelTrials(msgspec.Struct, frozen=True, kw_only=True):
    """A test by every channel of a party."""

    trials: list[ChannelTrial]


def add_commands(commands: Commands) -> None:
    """Add the commands."""
    group = commands.group("notify", localized(Text("collector.cli.notify")))
    test = group.add_result(
        "test", _test, localized(Text("collector.cli.notify.test")), ChannelTrials
    )
    test.add_argument("party", help=localized(Text("collector.cli.notify.test.party")))


def _test(options: argparse.Namespace) -> int:
    configuration, directory = configured(options)
    try:
        # Text for people is printed as each channel answers.
        say = _say_nothing if options.json else _say
        results = asyncio.run(_tried(configuration, directory, options.party, say))
    except PartyUnknown as error:
        raise UsageError(error.sentence) from error
    if options.json:
        print_result(options, ChannelTrials(trials=[_report(result) for result in results]))
    return 0 if all(result.is_good for result in results) else EXIT_FAILED


def _say(result: ChannelTrialResult) -> None:
    print(trial_line(result), flush=True)


def trial_line(result: ChannelTrialResult) -> str:
    """Return as one line what came of a test by one channel, and of taking it back."""
    text = Text(
        "collector.cli.trial.sent",
        party=str(result.party),
        channel=result.route,
        answer=_answer_text(result.answer),
    )
    if result.withdrawal is None:
        return localized(text)
    back = Text("collector.cli.trial.taken_back", answer=_answer_text(result.withdrawal))
    return f"{localized(text)}; {localized(back)}"


def _answer_text(answer: ChannelResult) -> str:
    reference = f", {answer.reference}" if answer.reference else ""
    return f"{localized(OUTCOMES[answer.outcome])}{reference} ({answer.text})"


def _say_nothing(_result: ChannelTrialResult) -> None:
    """Print nothing: all results come at the end."""


def _report(result: ChannelTrialResult) -> ChannelTrial:
    return ChannelTrial(
        party=str(result.party),
        channel=result.route,
        is_good=result.is_good,
        outcome=result.answer.outcome,
        answer=result.answer.text,
        reference=result.answer.reference,
        withdrawal=None if result.withdrawal is None else result.withdrawal.outcome,
    )


async def _tried(
    configuration: Configuration,
    directory: InventoryDirectory,
    name: str,
    say: Callable[[ChannelTrialResult], None],
) -> list[ChannelTrialResult]:
    results = []
    hotline = configuration.settings.page.support_hotline
    notify = configuration.settings.notify
    async for result in try_channels(
        configuration.channels, notify, directory, name, hotline=hotline
    ):
        say(result)
        results.append(result)
    return results
