"""
What an HTTP status means for a message: one table for all channels that speak HTTP.

Unlike a sample, a message has somewhere else to go: what a database would wait for (a wrong
password) sends a message to the next channel at once.
"""

from collections.abc import Mapping
from types import MappingProxyType

from thongsuot_collector.notify.telling.message import Outcome

_BY_STATUS: Mapping[int, tuple[Outcome, str]] = MappingProxyType(
    {
        400: (Outcome.REFUSED, "the receiver does not understand the message"),
        401: (Outcome.SHUT, "the credentials are not accepted; correct them"),
        403: (Outcome.SHUT, "the credentials do not allow this; correct them at the receiver"),
        404: (Outcome.SHUT, "nothing receives there; check the URL"),
        405: (Outcome.SHUT, "the address takes no such request; check the URL"),
        407: (Outcome.SHUT, "a proxy wants credentials"),
        408: (Outcome.BUSY, "the receiver did not read in time"),
        409: (Outcome.REFUSED, "the receiver's own state does not allow this"),
        410: (Outcome.SHUT, "the address is gone; check the URL"),
        413: (Outcome.REFUSED, "the message is too large for the receiver"),
        415: (Outcome.SHUT, "the receiver does not take this form"),
        422: (Outcome.REFUSED, "the receiver does not accept what the message says"),
        425: (Outcome.BUSY, "too early"),
        429: (Outcome.BUSY, "the receiver asks for a slower pace"),
        501: (Outcome.SHUT, "the receiver does not offer this"),
        503: (Outcome.BUSY, "the receiver is not available"),
        505: (Outcome.SHUT, "the receiver does not speak this HTTP version"),
    }
)


def outcome_of(status: int) -> tuple[Outcome, str]:
    """Return what a status means for a message, and why."""
    if 200 <= status < 300:
        return Outcome.DELIVERED, "accepted"
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status >= 500:
        # A gateway that gave up waiting does not know what became of it either.
        return Outcome.UNSURE, "the receiver, or something before it, is ill"
    if 300 <= status < 400:
        return Outcome.SHUT, "the receiver redirects, and messages do not follow; check the URL"
    return Outcome.REFUSED, "an answer without a rule"
