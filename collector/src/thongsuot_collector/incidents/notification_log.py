"""Notification log: the notifications of an incident by party, in order, and their delivery."""

from enum import StrEnum

import msgspec

from thongsuot_collector.incidents.party import ResponsibleParty


class NotificationKind(StrEnum):
    """What kind of notification a party gets."""

    OPENED = "opened"
    """The party has a new incident. Never sent twice in a row to a party."""

    UPDATED = "updated"
    """It has changed."""

    RESOLVED = "resolved"
    """It is over, or no longer the party's: see the cause."""


class NotificationCause(StrEnum):
    """Why a party is notified, and why now."""

    STARTED = "started"
    """The fault began."""

    RELEASED = "released"
    """The larger incident that included it has ended; this one is left."""

    UNEXCUSED = "unexcused"
    """Its maintenance window has closed, and it lasts."""

    WORSE = "worse"
    """It has become more severe."""

    CHANGED = "changed"
    """Other circuits, or another symptom; not more severe."""

    ENDED = "ended"
    """All is up again."""

    ABSORBED = "absorbed"
    """It is part of a larger incident, which is notified instead."""

    REASSIGNED = "reassigned"
    """The fault lies with another party."""

    WITHDRAWN = "withdrawn"
    """Later data showed that there was no such fault."""

    CLOSED_BY_CITY = "closed_by_city"
    """An engineer of the city has closed it, with a reason; the fault may continue."""


class DeliveryAttempt(msgspec.Struct, frozen=True, kw_only=True):
    """
    One attempt to notify. ``reference`` is the receiver's name for it (a ticket's number); ``text``
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

    ``at_ns`` is the time of the decision, by the collector's clock; ``is_done``: delivery is
    complete.
    """

    number: int
    kind: NotificationKind
    cause: NotificationCause
    party: ResponsibleParty
    at_ns: int
    deliveries: tuple[DeliveryAttempt, ...] = ()
    is_done: bool = False

    def by_channel(self) -> tuple[DeliveryAttempt, ...]:
        """Return the state of each channel: its delivery, else its last attempt."""
        latest: dict[str, DeliveryAttempt] = {}
        for attempt in self.deliveries:
            known = latest.get(attempt.channel)
            if known is None or not known.is_delivered:
                latest[attempt.channel] = attempt
        return tuple(latest.values())
