"""
Route selectors: how the kernel, or the site's router, distinguishes the packets of links.

A link that owns its interface needs none: its sockets are bound to the interface. If several links
share an interface, the packets of each have one distinctive property, and one rule (``ip rule``)
that routes them by the link's own table: a mark (SO_MARK; CAP_NET_RAW suffices since Linux 5.17,
and the packet itself does not show it), a type of service (needs no privilege, and a router on the
path can also route by it), or a source address. ``thongsuot-agent routes`` creates the rules and
tables.
"""

import socket
from dataclasses import dataclass
from ipaddress import ip_address

from thongsuot_schema.inventory.model import Link
from thongsuot_schema.result import Family

SO_MARK = 36  # asm-generic/socket.h; the socket module defines it since Python 3.11 on some builds
IPV6_TCLASS = 67  # linux/in6.h


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSelector:
    """
    The selector of a link's packets; 0 means none.

    ``gateways`` are the required next hops, packed, at most one of each family.
    """

    mark: int = 0
    tos: int = 0
    gateways: tuple[bytes, ...] = ()

    def gateway(self, is_six: bool) -> bytes | None:
        """Return the next hop of one family to which the link is pinned, if any."""
        length = 16 if is_six else 4
        return next((gateway for gateway in self.gateways if len(gateway) == length), None)


UNSELECTED = RouteSelector()
"""Selector of a link that owns its interface."""


def selector_of(spec: Link) -> RouteSelector:
    """Return the selector of a link's packets; its mark is the one that ``with_marks`` assigned."""
    return RouteSelector(
        mark=spec.mark or 0,
        tos=spec.tos or 0,
        gateways=tuple(ip_address(gateway).packed for gateway in spec.gateways),
    )


def apply_selector(opened: socket.socket, selector: RouteSelector) -> None:
    """
    Set a selector for all packets of a socket.

    Raises:
        PermissionError: a mark is not allowed: no CAP_NET_RAW, or Linux before 5.17.
    """
    if selector.mark:
        opened.setsockopt(socket.SOL_SOCKET, SO_MARK, selector.mark)
    if not selector.tos:
        return
    if opened.family == socket.AF_INET6:
        opened.setsockopt(socket.IPPROTO_IPV6, IPV6_TCLASS, selector.tos)
    else:
        opened.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, selector.tos)


def is_used_by(spec: Link, family: Family) -> bool:
    """
    Return whether a link uses a family.

    A link that is pinned to a gateway of one family only cannot send in the other: a packet there
    would leave by any router that the device prefers.
    """
    version = 6 if family is Family.IP6 else 4
    versions = {ip_address(gateway).version for gateway in spec.gateways}
    return not versions or version in versions
