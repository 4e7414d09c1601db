"""
Delivery to the people of a party one by one: who has a message already, and the combined result.

A channel that reaches people keeps its progress as the memo of the route, so that a second attempt
leaves out recipients that have the message.
"""

from collections.abc import Iterable, Mapping

import msgspec

from thongsuot_collector.notify.message import ChannelOutcome, ChannelResult, PeopleMessage


class RecipientProgress(msgspec.Struct, frozen=True, kw_only=True):
    """The recipients who have the message with this key."""

    key: str
    done: tuple[str, ...]


def pending_recipients(message: PeopleMessage, recipients: Iterable[str]) -> tuple[str, ...]:
    """Return the recipients who do not have the message yet."""
    done = _done(message)
    return tuple(recipient for recipient in recipients if recipient not in done)


def combined_result(
    message: PeopleMessage,
    recipients: Iterable[str],
    results: Mapping[str, ChannelResult],
) -> ChannelResult:
    """
    Return the message's result from those of single recipients.

    A recipient who can still get it decides; one who never will does not prevent the others from
    counting as notified.
    """
    everyone = tuple(recipients)
    done = _done(message) | {
        recipient
        for recipient, result in results.items()
        if result.outcome is ChannelOutcome.DELIVERED
    }
    progress = RecipientProgress(key=message.key, done=tuple(sorted(done)))
    memo = msgspec.json.encode(progress).decode()
    failed = {
        recipient: result
        for recipient, result in results.items()
        if result.outcome is not ChannelOutcome.DELIVERED
    }
    if not failed:
        text = "accepted" if len(everyone) == 1 else f"accepted for {len(everyone)} recipients"
        return ChannelResult(outcome=ChannelOutcome.DELIVERED, text=text, memo=memo)
    text = "; ".join(
        f"{recipient}: {result.text}" if recipient else result.text
        for recipient, result in failed.items()
    )
    outcomes = {result.outcome for result in failed.values()}
    hopeful_first = (
        ChannelOutcome.UNKNOWN,
        ChannelOutcome.RETRY,
        ChannelOutcome.CHANNEL_UNAVAILABLE,
        ChannelOutcome.REJECTED,
    )
    outcome = next(candidate for candidate in hopeful_first if candidate in outcomes)
    is_final = outcome in {ChannelOutcome.CHANNEL_UNAVAILABLE, ChannelOutcome.REJECTED}
    if is_final and len(failed) < len(everyone):
        text = f"accepted for {len(everyone) - len(failed)} of {len(everyone)}; {text}"
        outcome = ChannelOutcome.DELIVERED
    return ChannelResult(outcome=outcome, text=text, memo=memo)


def _done(message: PeopleMessage) -> set[str]:
    if not message.memo:
        return set()
    progress = msgspec.json.decode(message.memo, type=RecipientProgress)
    return set(progress.done) if progress.key == message.key else set()
