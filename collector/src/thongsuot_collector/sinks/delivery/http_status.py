"""
The actions for answers of HTTP receivers: one table for all sinks.

Like vmagent and Prometheus' own remote write, except where those drop data that an operator could
still save: a wrong password or a wrong path loses nothing here, but waits for a person.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class DeliveryAction(StrEnum):
    """The next action."""

    DONE = "done"
    """The receiver has it."""

    SPLIT = "split"
    """
    Part of it is refused: send the halves separately, and drop and count items refused
    individually.
    """

    RETRY = "retry"
    """The receiver is busy or failing: resend, with back-off."""

    WAIT = "wait"
    """A person has to change something: keep everything, log it, retry occasionally."""


_ACTIONS: Mapping[int, tuple[DeliveryAction, str]] = MappingProxyType(
    {
        400: (
            DeliveryAction.SPLIT,
            "a sample is refused; Prometheus and Mimir roll the whole request back",
        ),
        409: (DeliveryAction.SPLIT, "a sample conflicts with a stored one (Thanos, older Cortex)"),
        413: (DeliveryAction.SPLIT, "the request is too large"),
        422: (DeliveryAction.SPLIT, "a sample is refused (some gateways answer so instead of 400)"),
        408: (DeliveryAction.RETRY, "the receiver did not read in time"),
        425: (DeliveryAction.RETRY, "too early"),
        429: (DeliveryAction.RETRY, "the receiver asks for a slower pace"),
        401: (
            DeliveryAction.WAIT,
            "the credentials are not accepted; correct them in the configuration",
        ),
        403: (
            DeliveryAction.WAIT,
            "the credentials do not allow writing; correct them at the receiver",
        ),
        404: (
            DeliveryAction.WAIT,
            "nothing receives there; is the remote-write receiver switched on?",
        ),
        405: (DeliveryAction.WAIT, "the address takes no POST; check the path of the URL"),
        407: (DeliveryAction.WAIT, "a proxy wants credentials"),
        410: (DeliveryAction.WAIT, "the address is gone; check the URL"),
        415: (DeliveryAction.WAIT, "the receiver does not know this format"),
        501: (DeliveryAction.WAIT, "the receiver does not offer writing"),
        505: (DeliveryAction.WAIT, "the receiver does not speak this HTTP version"),
    }
)


def action_for(status: int) -> tuple[DeliveryAction, str]:
    """Return the action for a status, and the reason."""
    if 200 <= status < 300:
        return DeliveryAction.DONE, "accepted"
    if status in _ACTIONS:
        return _ACTIONS[status]
    if status >= 500:
        return DeliveryAction.RETRY, "the receiver, or a proxy in front of it, is failing"
    if 300 <= status < 400:
        return DeliveryAction.WAIT, "the receiver redirects, and data is not sent after redirects"
    return DeliveryAction.WAIT, "an answer without a rule; nothing is dropped because of it"
