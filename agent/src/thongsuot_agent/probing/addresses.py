"""Which address of a target a run goes to, per link and family."""

from collections.abc import Mapping

from thongsuot_agent.links.egress import family_of
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_schema.inventory.model import Target
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family

GATEWAY, RESOLVER, FIRST_HOP, EDGE = "gateway", "resolver", "first-hop", "edge"


def address_of(link: LiveLink, target: Target, family: Family) -> str:
    """
    Return the address that a target has for this link and family, as text.

    The words ``gateway`` and ``resolver`` stand for the link's own default gateway and the first of
    its name servers of that family, ``first-hop`` for the carrier's router with which the paths to
    other targets usually begin, ``edge`` for the site's own last router before that.

    Raises:
        LinkUnusable: there is none; ``no_route`` when the link has no default route to have a
            gateway from, ``not_supported`` when the target just has no address of this family.
    """
    for address in target.addresses:
        if address == GATEWAY:
            return _gateway(link, family)
        if address == RESOLVER:
            return _resolver(link, family)
        if address == FIRST_HOP:
            return _learned(link, family, link.first_hops, "first hop")
        if address == EDGE:
            return _learned(link, family, link.edges, "router of the site beyond the gateway")
        if family_of(address) is family:
            return address
    raise LinkUnusable(Reason.NOT_SUPPORTED, f"target {target.name!r} has no {family} address")


def _gateway(link: LiveLink, family: Family) -> str:
    state = link.state
    gateway = state.gateway(family)
    if gateway is not None and family_of(gateway) is family:
        return gateway
    _require_carrier(link)
    if not state.has_route(family):
        raise LinkUnusable(Reason.NO_ROUTE, f"no {family} default route by {link.spec.interface}")
    raise LinkUnusable(Reason.NOT_SUPPORTED, f"the {family} default route has no gateway")


def _resolver(link: LiveLink, family: Family) -> str:
    address = next((server for server in link.resolvers if family_of(server) is family), None)
    if address is not None:
        return address
    _require_carrier(link)
    raise LinkUnusable(Reason.NOT_SUPPORTED, f"no {family} name server is known for this link")


def _learned(link: LiveLink, family: Family, addresses: Mapping[Family, str], noun: str) -> str:
    address = addresses.get(family, "")
    if address:
        return address
    _require_carrier(link)
    raise LinkUnusable(Reason.NOT_SUPPORTED, f"no {family} {noun} is known for this link yet")


def _require_carrier(link: LiveLink) -> None:
    """Say the deeper reason first: a link that is down has lost its routes and leases as well."""
    if not link.state.present:
        raise LinkUnusable(Reason.INTERFACE_ABSENT, f"no interface {link.spec.interface!r}")
    if not link.state.carrier:
        raise LinkUnusable(
            Reason.INTERFACE_DOWN, f"{link.spec.interface} is down or has no carrier"
        )
