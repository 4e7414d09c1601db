"""Message: the input of a channel, the result of sending, and the receiver's status."""

from enum import StrEnum

import msgspec

from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.notification_log import NotificationKind, NotificationRecord
from thongsuot_collector.incidents.party import ResponsibleParty
from thongsuot_collector.notify.render.document import IncidentDocument


class ChannelOutcome(StrEnum):
    """The outcome of one attempt. A closed list: it alone decides the next step."""

    DELIVERED = "delivered"
    """The receiver has it."""

    RETRY = "retry"
    """The receiver does not have it, and may accept it soon: retried with back-off."""

    UNKNOWN = "unknown"
    """The receiver may have it (no answer came): resent under the same key."""

    CHANNEL_UNAVAILABLE = "channel_unavailable"
    """The receiver accepts nothing until a person changes something: a fallback joins at once."""

    REJECTED = "rejected"
    """The receiver rejects this message, but may accept others."""


class ChannelResult(msgspec.Struct, frozen=True, kw_only=True):
    """
    A receiver's answer.

    ``text`` is for people, without secrets. ``reference`` is the receiver's name for it (a ticket's
    number), empty: unchanged. ``memo`` is the channel's state for the next notification of the same
    incident, ``None``: unchanged. ``retry_after_s`` is the wait requested by the receiver.
    """

    outcome: ChannelOutcome
    text: str
    reference: str = ""
    memo: str | None = None
    retry_after_s: float = 0.0


class PartyContact(msgspec.Struct, frozen=True, kw_only=True):
    """The recipient of a message: a party's display name, and the contacts of its people."""

    title: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()


class NotificationMessage(msgspec.Struct, frozen=True, kw_only=True):
    """
    One notification for one party by one channel.

    ``key`` is the same for all attempts at one message. ``thread_id`` is the same for all
    notifications about one incident from its opening until it is over: the external identifier for
    receivers that have one. ``audience`` is the notified party, which may differ from the one that
    must act (``record.party``). ``address`` is the text after the channel's name in the inventory.
    ``record`` is the reason of the notification, ``kind`` its kind for the audience, which may have
    missed the opening. ``title`` and ``body`` are for people, ``document`` for machines;
    ``attachment`` is the document as it travels (JSON). ``memo`` and ``reference`` are those of the
    channel's earlier answers.
    """

    kind: NotificationKind
    key: str
    thread_id: str
    audience: ResponsibleParty
    contact: PartyContact
    record: NotificationRecord
    incident: Incident
    title: str
    body: str
    document: IncidentDocument
    attachment: bytes
    address: str = ""
    reference: str = ""
    memo: str = ""
    is_test: bool = False

    @property
    def at_ns(self) -> int:
        """When its event happened, or was detected (Unix time)."""
        return self.record.at_ns

    @property
    def page_url(self) -> str:
        """The URL of the page with details; empty if there is none."""
        return self.document.page_url


class PlainNotice(msgspec.Struct, frozen=True, kw_only=True):
    """
    A message to the people of a party that is about no incident.

    Fields are those of ``NotificationMessage`` of the same names.
    """

    key: str
    thread_id: str
    audience: ResponsibleParty
    contact: PartyContact
    title: str
    body: str
    at_ns: int
    address: str = ""
    memo: str = ""
    page_url: str = ""


PeopleMessage = NotificationMessage | PlainNotice
"""A message that people read."""


class OpenNotification(msgspec.Struct, frozen=True, kw_only=True):
    """A notification that is not over: a channel may be polled for its status."""

    thread_id: str
    reference: str
    memo: str = ""


class Acceptance(StrEnum):
    """Whether a receiver accepts responsibility for the incident."""

    OPEN = "open"
    """It has not answered."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """It denies that the fault is its own."""


class ReceiverStatus(msgspec.Struct, frozen=True, kw_only=True):
    """
    A receiver's own status: that of a ticket, in the receiver's terms.

    ``acceptance`` is its meaning for the incident, ``text`` the receiver's own text. ``revision``
    differs whenever there is something new; empty: only a changed status does.
    """

    thread_id: str
    status: str
    acceptance: Acceptance = Acceptance.OPEN
    text: str = ""
    revision: str = ""
