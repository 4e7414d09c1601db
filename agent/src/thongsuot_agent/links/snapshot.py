"""Turns the kernel's tables into the state of each interface. Pure: messages in, states out."""

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from ipaddress import ip_address

from thongsuot_agent.links.selector import is_used_by
from thongsuot_agent.links.state import ABSENT, LinkState
from thongsuot_agent.proto.rtnetlink import (
    AF_INET,
    AF_INET6,
    ARPHRD_ETHER,
    IFA_F_DADFAILED,
    IFA_F_DEPRECATED,
    IFA_F_OPTIMISTIC,
    IFA_F_TENTATIVE,
    IFF_LOOPBACK,
    IFF_NOARP,
    RT_TABLE_LOCAL,
    RTN_UNICAST,
    SCOPE_LINK,
    SCOPE_SITE,
    SCOPE_UNIVERSE,
    AddressMessage,
    LinkMessage,
    NextHop,
    RouteMessage,
)
from thongsuot_schema.inventory.model import Link, Via
from thongsuot_schema.inventory.way_out import port_of
from thongsuot_schema.result import Family

_RT_TABLE_MAIN = 254


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelTables:
    """One consistent reading of the kernel's tables."""

    links: tuple[LinkMessage, ...]
    addresses: tuple[AddressMessage, ...]
    routes: tuple[RouteMessage, ...]


def text(packed: bytes) -> str:
    """Return a packed address as text."""
    return socket.inet_ntop(socket.AF_INET if len(packed) == 4 else socket.AF_INET6, packed)


def uplinks(tables: KernelTables) -> tuple[str, ...]:
    """Return the names of the interfaces that a default route uses, in the kernel's order."""
    used = {index for index, _ in _default_hops(tables.routes)}
    return tuple(
        link.name for link in tables.links if link.index in used and not link.flags & IFF_LOOPBACK
    )


def default_gateways(tables: KernelTables) -> Mapping[str, tuple[str, ...]]:
    """Return the IPv4 routers that default routes of each interface lead to, best first."""
    names = {link.index: link.name for link in tables.links}
    gateways: dict[str, dict[str, None]] = {}
    for index, (family, gateway) in _default_hops(tables.routes):
        if family == AF_INET and gateway and len(gateway) == 4 and index in names:
            gateways.setdefault(names[index], {})[text(gateway)] = None
    return {name: tuple(addresses) for name, addresses in gateways.items()}


def states(tables: KernelTables, specs: Iterable[Link]) -> Mapping[str, LinkState]:
    """
    Return the state of each link by name; ``ABSENT`` if its interface does not exist, or belongs to
    the router and not to the device.
    """
    by_name = {link.name: link for link in tables.links}
    link_states: dict[str, LinkState] = {}
    for spec in specs:
        link = None if spec.via is Via.WATCHED else by_name.get(spec.interface)
        state = ABSENT if link is None else _state(link, tables, spec)
        port = by_name.get(port_of(spec))
        if port is not None and not port.carrier:
            state = replace(state, port_unplugged=True)
        link_states[spec.name] = state
    return link_states


def _state(link: LinkMessage, tables: KernelTables, spec: Link) -> LinkState:
    own = [
        message
        for message in tables.addresses
        if message.index == link.index and _is_of_link(message, spec)
    ]
    hops = _pinned_hops(spec) or [
        (family, gateway)
        for index, (family, gateway) in _default_hops(tables.routes)
        if index == link.index
    ]
    gateways = {
        family: next((text(hop) for of, hop in hops if of == family and hop), None)
        for family in (AF_INET, AF_INET6)
    }
    return LinkState(
        present=True,
        carrier=link.carrier,
        index=link.index,
        addresses4=_usable(own, AF_INET),
        addresses6=_usable(own, AF_INET6),
        gateway4=gateways[AF_INET],
        gateway6=gateways[AF_INET6],
        has_route4=any(family == AF_INET for family, _ in hops),
        has_route6=any(family == AF_INET6 for family, _ in hops),
        carries4=_is_preferred(tables.routes, AF_INET, link.index, spec),
        carries6=_is_preferred(tables.routes, AF_INET6, link.index, spec),
        address_conflict=any(message.flags & IFA_F_DADFAILED for message in own),
        point_to_point=is_point_to_point(link),
        link_local6=next(
            (text(message.address) for message in own if _is_link_local(message)), None
        ),
    )


def is_point_to_point(link: LinkMessage) -> bool:
    """Return whether an interface has no neighbours: no ARP, no neighbour discovery, no cable."""
    return bool(link.flags & IFF_NOARP) or link.hardware_type != ARPHRD_ETHER


def _is_of_link(message: AddressMessage, spec: Link) -> bool:
    """Return whether a link sends from an address of its interface."""
    if _is_link_local(message):
        return True
    is_six = message.family == AF_INET6
    if not is_used_by(spec, Family.IP6 if is_six else Family.IP4):
        return False
    packed = [ip_address(source).packed for source in spec.sources]
    sources = [source for source in packed if len(source) == len(message.address)]
    return not sources or message.address in sources


def _pinned_hops(spec: Link) -> list[tuple[int, bytes | None]]:
    """
    Return the gateways to which the settings pin a link, whatever the tables contain at the moment.

    If its rule or table is missing, that is the device's own fault, reported as ``unrouted``, and
    not a route that disappeared.
    """
    gateways = [ip_address(gateway) for gateway in spec.gateways]
    return [(AF_INET6 if gateway.version == 6 else AF_INET, gateway.packed) for gateway in gateways]


def _goes_by(gateway: bytes | None, family: int, spec: Link) -> bool:
    """Return whether a default route of the interface belongs to a link."""
    if not is_used_by(spec, Family.IP6 if family == AF_INET6 else Family.IP4):
        return False
    gateways = [ip_address(own).packed for own in spec.gateways]
    return not gateways or gateway in gateways


def _is_preferred(routes: Iterable[RouteMessage], family: int, index: int, spec: Link) -> bool:
    """Return whether the device's own traffic leaves by a link in a family."""
    return any(
        hop.index == index and _goes_by(hop.gateway, family, spec)
        for hop in _preferred(routes, family)
    )


def _preferred(routes: Iterable[RouteMessage], family: int) -> tuple[NextHop, ...]:
    """Return the next hops of the default route that the main table prefers in a family."""
    defaults = [
        route
        for route in routes
        if route.prefix_length == 0
        and route.type == RTN_UNICAST
        and route.table == _RT_TABLE_MAIN
        and route.family == family
    ]
    if not defaults:
        return ()
    best = min(defaults, key=lambda route: route.priority)
    # IPv6 represents the next hops of one route as separate routes.
    same = [route for route in defaults if route.priority == best.priority]
    chosen = same if family == AF_INET6 else [best]
    return tuple(hop for route in chosen for hop in route.next_hops)


def _usable(own: list[AddressMessage], family: int) -> tuple[str, ...]:
    return tuple(text(message.address) for message in own if _is_usable(message, family))


def _is_usable(message: AddressMessage, family: int) -> bool:
    wide = message.scope in {SCOPE_UNIVERSE, SCOPE_SITE}
    return message.family == family and wide and _is_settled(message)


def _is_link_local(message: AddressMessage) -> bool:
    return message.family == AF_INET6 and message.scope == SCOPE_LINK and _is_settled(message)


def _is_settled(message: AddressMessage) -> bool:
    # An optimistic address may be used while its uniqueness is still being tested (RFC 4429).
    tentative = message.flags & IFA_F_TENTATIVE and not message.flags & IFA_F_OPTIMISTIC
    return not tentative and not message.flags & (IFA_F_DADFAILED | IFA_F_DEPRECATED)


def _default_hops(
    routes: Iterable[RouteMessage],
) -> list[tuple[int, tuple[int, bytes | None]]]:
    """
    Interface, family and next hop of each default route: main table first, then by metric.

    A next hop of the other family (RFC 5549, RTA_VIA) is kept: it answers ARP or neighbour
    discovery. A route for certain source addresses only (RFC 8028) counts: this is how IPv6 is
    configured on a device with two uplinks.
    """
    defaults = sorted(
        (
            route
            for route in routes
            if route.prefix_length == 0
            and route.type == RTN_UNICAST
            and route.table != RT_TABLE_LOCAL
            and route.family in {AF_INET, AF_INET6}
        ),
        key=lambda route: (route.table != _RT_TABLE_MAIN, route.priority),
    )
    return [
        (hop.index, (route.family, hop.gateway)) for route in defaults for hop in route.next_hops
    ]
