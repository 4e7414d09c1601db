"""Comparison: what else works at the same time, as evidence that the fault is the party's own."""

from collections.abc import Iterable

import msgspec

from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.inventory.communes import NOWHERE
from thongsuot_schema.state import State


class SiteLinkState(msgspec.Struct, frozen=True, kw_only=True):
    """Another link of a site, and its state."""

    site: str
    link: str
    state: State
    carrier: str = ""
    medium: str = ""


class UpCount(msgspec.Struct, frozen=True, kw_only=True):
    """The number of links that are up, of those whose state is known."""

    up: int
    known: int


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """
    What else works at the same time.

    ``same_site`` are the other links of an incident's only site. ``same_carrier`` counts the other
    links of the carrier, ``same_commune`` those of them in the incident's communes, ``elsewhere``
    the other sites that use the incident's service. ``None`` if there is nothing to compare with.
    """

    same_site: tuple[SiteLinkState, ...] = ()
    same_carrier: UpCount | None = None
    same_commune: UpCount | None = None
    elsewhere: UpCount | None = None


def comparison_of(incident: Incident, network_state: NetworkState) -> Comparison:
    """Return what else works now."""
    own = {member.subject for member in incident.members}
    carriers = {network_state.carrier_of(subject) for subject in own if subject.is_link} - {""}
    links = [
        link
        for carrier in sorted(carriers)
        for link in network_state.links_of_carrier(carrier)
        if link not in own
    ]
    communes = set(incident.communes) - {NOWHERE}
    near = [link for link in links if network_state.commune_of(link.site) in communes]
    services = {subject.service for subject in own if subject.is_service}
    others = [
        subject
        for name in services
        for subject in network_state.sites_with(name)
        if subject not in own
    ]
    return Comparison(
        same_site=_same_site(incident, own, network_state),
        same_carrier=_count(links, network_state),
        same_commune=_count(near, network_state),
        elsewhere=_count(others, network_state),
    )


def _same_site(
    incident: Incident, own: set[Subject], network_state: NetworkState
) -> tuple[SiteLinkState, ...]:
    if len(incident.sites) != 1:
        return ()
    neighbours = []
    for other in network_state.links_of_site(incident.sites[0]):
        if other in own:
            continue
        link = network_state.link_of(other)
        neighbours.append(
            SiteLinkState(
                site=other.site,
                link=other.link,
                state=network_state.state_of(other),
                carrier=network_state.carrier_of(other),
                medium="" if link is None else link.medium.value,
            )
        )
    return tuple(neighbours)


def _count(subjects: Iterable[Subject], network_state: NetworkState) -> UpCount | None:
    states = [network_state.state_of(subject) for subject in subjects]
    known = [state for state in states if state is not State.UNKNOWN]
    if not known:
        return None
    return UpCount(up=sum(state is State.UP for state in known), known=len(known))
