"""
Service reach: over which carriers a service is unreachable, and over which it is reachable at the
same time.

If some carriers reach a service and others do not, the problem lies between the others and the
service: it may refuse their addresses, or the path between the two may be cut. Carriers count as
witnesses here, not links, because links of one carrier fail together wherever they are.
"""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet

import msgspec

from thongsuot_collector.incidents.network_state import NetworkState
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State


class ServiceReach(msgspec.Struct, frozen=True, kw_only=True):
    """
    The carriers over which a service is unreachable, and those over which it is reachable.

    ``reaching_sites`` is the number of sites that reach it over one of the latter.
    """

    failing: tuple[str, ...]
    reaching: tuple[str, ...]
    reaching_sites: int


def service_reach(
    service: str, sites: AbstractSet[str], network: NetworkState
) -> ServiceReach | None:
    """
    Return which carriers reach a service while some sites do not; ``None`` if no other carrier
    does.

    Also ``None`` if the carrier of a failing link is not in the inventory: it may be any carrier.
    """
    failing = {carrier for site in sites for carrier in _failing_carriers(service, site, network)}
    if not failing or "" in failing:
        return None
    reaching: dict[str, set[str]] = {}
    for carrier in sorted(network.carriers() - failing - {""}):
        reached = {
            link.site
            for link in network.links_of_carrier(carrier)
            if link.site not in sites and _reaches(service, link, network)
        }
        if reached:
            reaching[carrier] = reached
    if not reaching:
        return None
    return ServiceReach(
        failing=tuple(sorted(failing)),
        reaching=tuple(reaching),
        reaching_sites=len(set().union(*reaching.values())),
    )


def _failing_carriers(service: str, site: str, network: NetworkState) -> Iterable[str]:
    """
    Yield the carriers over which a site failed to reach a service; those of all its active links
    if it does not report each link.
    """
    links = network.links_of_site(site)
    over = {link: network.interval_of(Subject(site, link.link, service)) for link in links}
    if not any(over.values()):
        over = {link: network.interval_of(link) for link in links}
        return {
            network.carrier_of(link)
            for link, interval in over.items()
            if interval is not None and interval.state is State.UP
        }
    # A link that is down itself has not probed the service.
    return {
        network.carrier_of(link)
        for link, interval in over.items()
        if interval is not None
        and interval.state is not State.UP
        and (interval.segment is Segment.SERVICE or interval.symptom.startswith("service_"))
    }


def _reaches(service: str, link: Subject, network: NetworkState) -> bool:
    """
    Return whether a site reaches a service over a link.

    Over a metered line a page is requested once an hour, so the last result says little about the
    present.
    """
    entry = network.link_of(link)
    if entry is None or entry.allowance_bytes is not None:
        return False
    over = network.interval_of(Subject(link.site, link.link, service))
    if over is not None:
        return over.state is State.UP
    is_only_carrier = bool(network.only_carrier_of(link.site))
    return is_only_carrier and network.state_of(Subject(link.site, "", service)) is State.UP
