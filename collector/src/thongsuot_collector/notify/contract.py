"""
The contract of a channel: what each module (or folder) of ``channels/`` provides.

A channel is loaded by its name (see ``loader``). It need not use HTTP: anything that accepts a
message and returns its outcome will do. ``tests/collector/notify/channel_contract.py`` tests every
channel against this contract.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, runtime_checkable

from thongsuot_collector.notify.message import (
    ChannelResult,
    NotificationMessage,
    OpenNotification,
    PeopleMessage,
    ReceiverStatus,
)
from thongsuot_collector.notify.settings import ChannelSettings

S = TypeVar("S", bound=ChannelSettings)


class Channel(Protocol):
    """
    One way to notify people or their systems.

    ``send`` makes one attempt and returns its outcome, within a time limit of its own; a
    misbehaving receiver is a result, an exception is a bug. It may be called again with the same
    key after any outcome, and by several tasks at once for different threads. Its text and its log
    lines contain no secret. ``display_name`` is the channel's name for people, see
    ``words.states.CHANNELS``.
    """

    display_name: str

    async def send(self, message: NotificationMessage) -> ChannelResult:
        """Make one attempt to send a message."""

    async def close(self) -> None:
        """Close open resources."""


@runtime_checkable
class Resending(Protocol):
    """
    A channel whose receiver does not persist notifications: open ones, and the ends of the last
    ``end_kept_s``, are sent again every ``resend_s``.

    ``resend`` sends the newest message of each of these threads once more; it notifies nobody.
    """

    resend_s: float
    end_kept_s: float

    async def resend(self, messages: Sequence[NotificationMessage]) -> ChannelResult:
        """Send all open notifications, and the recent ends, again."""


@runtime_checkable
class ReadByPeople(Channel, Protocol):
    """
    A channel whose messages people read one by one: they get digests, have quiet hours, and also
    receive messages that are not incidents.

    The receivers of other channels are systems, which get everything at once.
    """

    is_read_by_people: bool

    async def send(self, message: PeopleMessage) -> ChannelResult:
        """Make one attempt to send a message, of an incident or of anything else."""


@runtime_checkable
class Polling(Protocol):
    """A channel whose receiver acts on notifications: it is polled every ``poll_s``."""

    poll_s: float

    async def poll(self, notifications: Sequence[OpenNotification]) -> Sequence[ReceiverStatus]:
        """
        Poll the receiver's state of open notifications; unavailable ones are left out.

        Only certain knowledge is returned: it is written into the incident.
        """


@runtime_checkable
class AcceptsCallbacks(Protocol):
    """A polling channel whose receiver calls when something has changed."""

    def accepts_callback(self, token: str) -> bool:
        """Return whether a call carries the token of the callback address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelKind(Generic[S]):
    """
    One kind of channel; its module defines it as ``CHANNEL``.

    ``check`` refuses settings that cannot work (a file that is not there) with an ``OSError`` or
    ``ValueError`` whose text is shown to a person. ``make`` opens nothing until something is sent.
    The other three form its row in the table of channels: whom it ``notifies``, when a message
    counts as delivered, and how the receiver recognises a repeated message (``recognises_by``).
    """

    settings: type[S]
    check: Callable[[S], None]
    make: Callable[[S], Channel]
    notifies: str
    delivered_when: str
    recognises_by: str
