"""Board: whom the system has told of what, for the pages of sites and for their agents. Pure."""

from collections.abc import Callable, Iterable, Iterator

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import IncidentMember
from thongsuot_collector.notify.dispatch.thread import DeliveryState, NotificationThread, RouteState
from thongsuot_schema.batch import push
from thongsuot_schema.view import PartyNotification

DisplayNameOf = Callable[[str], str]
"""What a channel, by its name, is called in ``words.parties``."""


def site_notifications(
    site: str, conversations: Iterable[NotificationThread], word_of: DisplayNameOf
) -> tuple[PartyNotification, ...]:
    """
    Return who was told of the open faults of a site, and whom no channel has reached yet; in order.
    """
    found = [
        PartyNotification(
            party=one.audience.party.value,
            channel=word_of(leg.channel),
            at_s=(leg.notified_ns or one.pending_since_ns) / NS_PER_S,
            about=member.subject.link or member.subject.service or site,
            reference=leg.reference,
            is_delivered=leg.delivery is DeliveryState.YES,
        )
        for one, member in _about(site, conversations)
        for leg in _telling(one)
    ]
    return tuple(sorted(found, key=lambda one: (one.at_s, one.party, one.about)))


def notified_parties(
    site: str, conversations: Iterable[NotificationThread], word_of: DisplayNameOf
) -> tuple[push.SentNotification, ...]:
    """Return who was told of the open faults of a site, as the answer to a push carries it."""
    found = [
        push.SentNotification(
            party=one.audience.party.value,
            channel=word_of(leg.channel),
            at_wall_ns=leg.notified_ns,
            link=member.subject.link,
            service=member.subject.service,
            reference=leg.reference,
        )
        for one, member in _about(site, conversations)
        for leg in _telling(one)
        if leg.delivery is DeliveryState.YES
    ]
    return tuple(sorted(found, key=lambda one: (one.at_wall_ns, one.party, one.link, one.service)))


def _about(
    site: str, conversations: Iterable[NotificationThread]
) -> Iterator[tuple[NotificationThread, IncidentMember]]:
    for one in conversations:
        if one.is_ending:
            continue
        for member in one.event.incident.members:
            if member.subject.site == site and member.end_ns is None:
                yield one, member


def _telling(one: NotificationThread) -> list[RouteState]:
    """Return the leg by which a party knows; where it does not yet, the last that was tried."""
    if one.primary_route is not None:
        return [one.primary_route]
    return [leg for leg in one.routes if leg.attempts][-1:]
