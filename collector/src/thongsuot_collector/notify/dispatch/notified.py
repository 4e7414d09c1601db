"""Notified: the notified parties of a site's faults, for the pages of sites and their agents."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import Incident, IncidentMember
from thongsuot_collector.notify.dispatch.member_index import IndexOf, MemberIndexes, index_of
from thongsuot_collector.notify.dispatch.notification_store import NotificationStore
from thongsuot_collector.notify.dispatch.thread import DeliveryState, NotificationThread, RouteState
from thongsuot_schema.batch import push
from thongsuot_schema.view import PartyNotification

DisplayNameOf = Callable[[str], str]
"""Returns the display name of a channel in ``words.states``, by the channel's name."""


class NotifiedSites:
    """
    The notified parties of the sites of all threads: the following functions, with the indexes of
    large incidents kept from one push to the next.
    """

    def __init__(self, store: NotificationStore, display_name_of: DisplayNameOf) -> None:
        self._store = store
        self._display_name_of = display_name_of
        self._members = MemberIndexes()
        self._current_members = MemberIndexes()

    def notifications(self, site: str) -> tuple[PartyNotification, ...]:
        """See ``site_notifications``."""
        threads = self._store.of_site(site)
        return site_notifications(site, threads, self._display_name_of, self._members.of)

    def parties(self, site: str) -> tuple[push.SentNotification, ...]:
        """See ``notified_parties``."""
        threads = self._store.of_site(site)
        if not threads:
            return ()  # as for nearly every push
        return notified_parties(site, threads, self._display_name_of, self._members.of)

    def incidents(
        self, site: str, current: Mapping[str, Incident]
    ) -> tuple[push.SiteIncident, ...]:
        """See ``site_incidents``."""
        threads = self._store.of_site(site)
        if not threads:
            return ()
        return site_incidents(site, threads, current, self._members.of, self._current_members.of)


def site_notifications(
    site: str,
    threads: Iterable[NotificationThread],
    display_name_of: DisplayNameOf,
    members_of: IndexOf = index_of,
) -> tuple[PartyNotification, ...]:
    """
    Return the notified parties of a site's open faults, and those that no channel has reached yet;
    in order.
    """
    notifications = [
        PartyNotification(
            party=thread.audience.party.value,
            channel=display_name_of(route.channel),
            at_s=(route.notified_ns or thread.pending_since_ns) / NS_PER_S,
            about=member.subject.link or member.subject.service or site,
            reference=route.reference,
            is_delivered=route.delivery is DeliveryState.YES,
        )
        for thread, member in _about(site, threads, members_of)
        for route in _routes_of(thread)
    ]
    return tuple(sorted(notifications, key=lambda item: (item.at_s, item.party, item.about)))


def notified_parties(
    site: str,
    threads: Iterable[NotificationThread],
    display_name_of: DisplayNameOf,
    members_of: IndexOf = index_of,
) -> tuple[push.SentNotification, ...]:
    """Return the notified parties of a site's open faults, in the form of the answer to a push."""
    notifications = [
        push.SentNotification(
            party=thread.audience.party.value,
            channel=display_name_of(route.channel),
            at_wall_ns=route.notified_ns,
            link=member.subject.link,
            service=member.subject.service,
            reference=route.reference,
        )
        for thread, member in _about(site, threads, members_of)
        for route in _routes_of(thread)
        if route.delivery is DeliveryState.YES
    ]
    return tuple(
        sorted(
            notifications, key=lambda sent: (sent.at_wall_ns, sent.party, sent.link, sent.service)
        )
    )


def site_incidents(
    site: str,
    threads: Iterable[NotificationThread],
    current: Mapping[str, Incident],
    members_of: IndexOf = index_of,
    current_members_of: IndexOf = index_of,
) -> tuple[push.SiteIncident, ...]:
    """
    Return the incidents that the open faults of a site belong to, the widest first.

    ``current`` has their present state, with the answers of their parties since.
    """
    incidents: dict[str, push.SiteIncident] = {}
    for thread, _ in _about(site, threads, members_of):
        incident = current.get(thread.incident, thread.event.incident)
        if thread.incident in incidents or incident.party != thread.audience:
            continue
        members = current_members_of(incident)
        subjects = [member.subject for member in members.of_site(site)]
        names = tuple(subject.link or subject.service for subject in subjects)
        told_ns = [route.notified_ns for route in thread.routes if route.notified_ns]
        accepted = incident.acknowledgement
        expected_ns = [
            answer.expected_ns for answer in incident.answers if answer.expected_ns is not None
        ]
        incidents[thread.incident] = push.SiteIncident(
            party=thread.audience.party.value,
            about=() if "" in names else names,
            sites=members.sites,
            affected=members.affected if incident.total else 0,
            total=incident.total or 0,
            notified_s=min(told_ns) / NS_PER_S if told_ns else None,
            accepted_s=None if accepted is None else accepted.at_ns / NS_PER_S,
            expected_s=expected_ns[-1] / NS_PER_S if expected_ns else None,
            reference=next((route.reference for route in thread.routes if route.reference), ""),
            is_disputed=incident.is_disputed,
        )
    return tuple(sorted(incidents.values(), key=lambda incident: (-incident.sites, incident.about)))


def _about(
    site: str, threads: Iterable[NotificationThread], members_of: IndexOf
) -> Iterator[tuple[NotificationThread, IncidentMember]]:
    for thread in threads:
        # A person's report is no fault; the page has a separate sentence for it.
        if thread.is_ending or thread.event.incident.report is not None:
            continue
        for member in members_of(thread.event.incident).of_site(site):
            yield thread, member


def _routes_of(thread: NotificationThread) -> list[RouteState]:
    """
    Return the routes that have reached a party, and those that have failed.

    A failed fallback is left out once another route has delivered.
    """
    return [
        route
        for route in thread.routes
        if route.delivery is DeliveryState.YES
        or (route.attempts and not (route.is_fallback and thread.is_reached))
    ]
