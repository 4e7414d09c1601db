"""Channel: one way of telling people or their systems, and what some of them can do besides."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from thongsuot_collector.notify.dispatch.hub import HubSubscription
from thongsuot_collector.notify.dispatch.message import (
    ChannelResult,
    NotificationMessage,
    OpenNotification,
    ReceiverStatus,
)


class Channel(Protocol):
    """
    One way of telling.

    ``send`` tries once and returns what came of it, within a bound of its own; a receiver that
    misbehaves is an answer, an exception is our own bug. It may be called again with the same key
    after any outcome, and by several tasks at once for different conversations. ``display_name``
    is what people call it, see ``words.parties.CHANNELS``.
    """

    display_name: str

    async def send(self, message: NotificationMessage) -> ChannelResult:
        """Try once to tell."""

    async def close(self) -> None:
        """Let go of what was opened."""


@runtime_checkable
class Resending(Protocol):
    """
    A channel whose receiver forgets: it wants to hear everything that is open again and again.

    ``resend`` sends the newest message of each open conversation once more; it tells nobody.
    """

    resend_s: float

    async def resend(self, messages: Sequence[NotificationMessage]) -> ChannelResult:
        """Say again what is open."""


@runtime_checkable
class Polling(Protocol):
    """
    A channel whose receiver acts and says so: it is asked every ``poll_s``, or when it calls at the
    ``hub``.
    """

    poll_s: float
    hub: HubSubscription

    async def poll(self, known: Sequence[OpenNotification]) -> Sequence[ReceiverStatus]:
        """
        Ask for news of what is open; where nothing can be learned now, there is none.

        Only what is known for sure is returned: it is written into the incident.
        """
