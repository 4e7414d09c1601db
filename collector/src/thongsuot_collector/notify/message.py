"""Message: what a channel is given to send, what became of it, and what the receiver says."""

from enum import StrEnum

import msgspec

from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.notification_log import NotificationKind, NotificationRecord
from thongsuot_collector.incidents.party import ResponsibleParty
from thongsuot_collector.notify.render.document import IncidentDocument


class ChannelOutcome(StrEnum):
    """What became of one attempt. A closed list: what is done next follows from it alone."""

    DELIVERED = "delivered"
    """The receiver has it."""

    RETRY = "retry"
    """The receiver does not have it, and may take it soon: sent again, less and less often."""

    UNKNOWN = "unknown"
    """The receiver may have it (no answer came): the same again, under the same key."""

    CHANNEL_UNAVAILABLE = "channel_unavailable"
    """The receiver takes nothing until a person changes something: a fallback joins at once."""

    REJECTED = "rejected"
    """The receiver does not take this message, whatever it may say to others."""


class ChannelResult(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a receiver answered.

    ``text`` is for people, without secrets. ``reference`` is what the receiver calls it (a ticket's
    number), empty: as before. ``memo`` is what the channel wants to know at the next notification
    of the same incident, ``None``: as before. ``retry_after_s`` is the wait that the receiver asked
    for.
    """

    outcome: ChannelOutcome
    text: str
    reference: str = ""
    memo: str | None = None
    retry_after_s: float = 0.0


class PartyContact(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a message is for: a party as people call it, and how its people are reached."""

    title: str = ""
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()


class NotificationMessage(msgspec.Struct, frozen=True, kw_only=True):
    """
    One notification for one party by one channel.

    ``key`` is the same for the same thing, however often it is tried. ``thread_id`` is the same
    for all that is told of one incident from its opening until it is over: what a receiver that
    knows external identifiers gets as such. ``audience`` is who is told, which need not be who must
    act (``record.party``). ``address`` is what stands after the channel's name in the inventory.
    ``record`` is why it is told, ``kind`` what the audience is told: it may have missed the
    opening.
    ``title`` and ``body`` are for people, ``document`` for machines; ``attachment`` is the document
    as it travels (JSON). ``memo`` and ``reference`` are those of the channel's earlier answers.
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
        """When what it tells of happened, or was noticed (Unix time)."""
        return self.record.at_ns

    @property
    def page_url(self) -> str:
        """Where to read more; empty: nowhere."""
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
"""What a channel takes that people read."""


class OpenNotification(msgspec.Struct, frozen=True, kw_only=True):
    """A notification that is not over: a channel may be asked for news of it."""

    thread_id: str
    reference: str
    memo: str = ""


class Acceptance(StrEnum):
    """Whether a receiver takes responsibility for what it was notified of."""

    OPEN = "open"
    """It has not said."""

    ACCEPTED = "accepted"
    REFUSED = "refused"
    """It says that the fault is not its own."""


class ReceiverStatus(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a receiver says by itself: the ``status`` of a ticket, in the receiver's word.

    ``acceptance`` is what that means for the incident, ``text`` the receiver's own words.
    ``revision`` differs whenever there is something new; empty: the status alone says so.
    """

    thread_id: str
    status: str
    acceptance: Acceptance = Acceptance.OPEN
    text: str = ""
    revision: str = ""
