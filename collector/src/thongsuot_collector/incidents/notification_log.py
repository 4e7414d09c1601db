"""Notification log: which party is notified of what, in order, and what became of it."""

from enum import StrEnum

import msgspec

from thongsuot_collector.incidents.party import ResponsibleParty


class NotificationKind(StrEnum):
    """What kind of notification a party gets."""

    OPENED = "opened"
    """There is an incident, and it is yours. Never twice in a row to anybody."""

    UPDATED = "updated"
    """It has changed."""

    RESOLVED = "resolved"
    """It is over, or it is not yours any more: the cause says which."""


class NotificationCause(StrEnum):
    """Why a party is notified, and why now."""

    STARTED = "started"
    """The fault began."""

    RELEASED = "released"
    """The larger incident it was part of has ended; this is left."""

    UNEXCUSED = "unexcused"
    """Its maintenance window has closed, and it goes on."""

    WORSE = "worse"
    """It has become graver."""

    CHANGED = "changed"
    """Other circuits, or another symptom; not graver."""

    ENDED = "ended"
    """All is up again."""

    ABSORBED = "absorbed"
    """It is part of a larger incident, which is told in its stead."""

    REASSIGNED = "reassigned"
    """The fault lies with another party."""

    WITHDRAWN = "withdrawn"
    """What arrived later says that there was no such fault."""

    CLOSED_BY_CITY = "closed_by_city"
    """An engineer of the city has closed it, with a reason; the fault may go on."""


class DeliveryAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """
    One attempt to notify. ``reference`` is what the receiver calls it (a ticket's number); ``text``
    its answer, or why it failed.
    """

    channel: str
    at_ns: int
    is_delivered: bool
    reference: str = ""
    text: str = ""


class NotificationRecord(msgspec.Struct, frozen=True, kw_only=True):
    """
    One notification that one party is to get. ``number`` counts an incident's entries from 1.

    ``at_ns`` is when it was decided, by the collector's clock; ``is_done`` says that the channel
    that delivers wants to see it no more.
    """

    number: int
    kind: NotificationKind
    cause: NotificationCause
    party: ResponsibleParty
    at_ns: int
    deliveries: tuple[DeliveryAttempt, ...] = ()
    is_done: bool = False

    def by_channel(self) -> tuple[DeliveryAttempt, ...]:
        """Return how far each channel has come: what was delivered, else what became of it last."""
        latest: dict[str, DeliveryAttempt] = {}
        for attempt in self.deliveries:
            known = latest.get(attempt.channel)
            if known is None or not known.is_delivered:
                latest[attempt.channel] = attempt
        return tuple(latest.values())
