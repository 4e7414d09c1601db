"""The kernel's tables to the state of each interface. Pure: messages in, states out."""

import socket
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

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
    RouteMessage,
)

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


def states(tables: KernelTables, interfaces: Iterable[str]) -> Mapping[str, LinkState]:
    """Return the state of each named interface; ``ABSENT`` for those that are not there."""
    by_name = {link.name: link for link in tables.links}
    link_states: dict[str, LinkState] = {}
    for name in interfaces:
        link = by_name.get(name)
        link_states[name] = ABSENT if link is None else _state(link, tables)
    return link_states


def _state(link: LinkMessage, tables: KernelTables) -> LinkState:
    own = [message for message in tables.addresses if message.index == link.index]
    hops = [
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
        carries4=link.index in _preferred(tables.routes, AF_INET),
        carries6=link.index in _preferred(tables.routes, AF_INET6),
        address_conflict=any(message.flags & IFA_F_DADFAILED for message in own),
        point_to_point=is_point_to_point(link),
        link_local6=next(
            (text(message.address) for message in own if _is_link_local(message)), None
        ),
    )


def is_point_to_point(link: LinkMessage) -> bool:
    """Return whether an interface has no neighbours: no ARP, no neighbour discovery, no cable."""
    return bool(link.flags & IFF_NOARP) or link.hardware_type != ARPHRD_ETHER


def _preferred(routes: Iterable[RouteMessage], family: int) -> frozenset[int]:
    """Return the interfaces of the default route that the main table prefers in a family."""
    defaults = [
        route
        for route in routes
        if route.prefix_length == 0
        and route.type == RTN_UNICAST
        and route.table == _RT_TABLE_MAIN
        and route.family == family
    ]
    if not defaults:
        return frozenset()
    best = min(defaults, key=lambda route: route.priority)
    # IPv6 tells the next hops of one route as routes of their own.
    same = [route for route in defaults if route.priority == best.priority]
    chosen = same if family == AF_INET6 else [best]
    return frozenset(hop.index for route in chosen for hop in route.next_hops)


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

    A next hop of the other family (RFC 5549, RTA_VIA) is kept as it is: it is what answers ARP or
    neighbour discovery. A route for some source addresses only (RFC 8028) counts: on a device with
    two uplinks that is how IPv6 is set up.
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
