"""
What an HTTP status means for a message: one table for all channels that speak HTTP.

Unlike a sample, a message has somewhere else to go: what a database would wait for (a wrong
password) sends a message to the next channel at once.
"""

from collections.abc import Mapping
from types import MappingProxyType

from thongsuot_collector.notify.dispatch.message import ChannelOutcome

_BY_STATUS: Mapping[int, tuple[ChannelOutcome, str]] = MappingProxyType(
    {
        400: (ChannelOutcome.REJECTED, "the receiver does not understand the message"),
        401: (ChannelOutcome.CHANNEL_UNAVAILABLE, "the credentials are not accepted; correct them"),
        403: (
            ChannelOutcome.CHANNEL_UNAVAILABLE,
            "the credentials do not allow this; correct them at the receiver",
        ),
        404: (ChannelOutcome.CHANNEL_UNAVAILABLE, "nothing receives there; check the URL"),
        405: (
            ChannelOutcome.CHANNEL_UNAVAILABLE,
            "the address takes no such request; check the URL",
        ),
        407: (ChannelOutcome.CHANNEL_UNAVAILABLE, "a proxy wants credentials"),
        408: (ChannelOutcome.RETRY, "the receiver did not read in time"),
        409: (ChannelOutcome.REJECTED, "the receiver's own state does not allow this"),
        410: (ChannelOutcome.CHANNEL_UNAVAILABLE, "the address is gone; check the URL"),
        413: (ChannelOutcome.REJECTED, "the message is too large for the receiver"),
        415: (ChannelOutcome.CHANNEL_UNAVAILABLE, "the receiver does not take this form"),
        422: (ChannelOutcome.REJECTED, "the receiver does not accept what the message says"),
        425: (ChannelOutcome.RETRY, "too early"),
        429: (ChannelOutcome.RETRY, "the receiver asks for a slower pace"),
        501: (ChannelOutcome.CHANNEL_UNAVAILABLE, "the receiver does not offer this"),
        503: (ChannelOutcome.RETRY, "the receiver is not available"),
        505: (ChannelOutcome.CHANNEL_UNAVAILABLE, "the receiver does not speak this HTTP version"),
    }
)


def outcome_of_status(status: int) -> tuple[ChannelOutcome, str]:
    """Return what a status means for a message, and why."""
    if 200 <= status < 300:
        return ChannelOutcome.DELIVERED, "accepted"
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        # A gateway that gave up waiting does not know what became of it either.
        return ChannelOutcome.UNKNOWN, "the receiver, or something before it, is ill"
    if 300 <= status < 400:
        return (
            ChannelOutcome.CHANNEL_UNAVAILABLE,
            "the receiver redirects, and messages do not follow; check the URL",
        )
    return ChannelOutcome.REJECTED, "an answer without a rule"
