"""
Route selectors: how the kernel, or the site's router, distinguishes the packets of links.

A link that owns its interface needs none: its sockets are bound to the interface. Of several links
on one interface each has packets that differ in one thing, and one rule (``ip rule``) that sends
what has it by the link's own table: a mark (SO_MARK; CAP_NET_RAW is enough since Linux 5.17, and
the packet itself does not show it), a type of service (no right at all, and a router on the way can
route by it too), or a source address. Rules and tables are made by ``thongsuot-agent routes``.
"""

import socket
from dataclasses import dataclass
from ipaddress import ip_address

from thongsuot_schema.inventory.model import Link
from thongsuot_schema.result import Family

SO_MARK = 36  # asm-generic/socket.h; the socket module names it since Python 3.11 on some builds
IPV6_TCLASS = 67  # linux/in6.h


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteSelector:
    """
    The selector of a link's packets; 0 means none.

    ``gateways`` are the next hops that they must take, packed, at most one of each family.
    """

    mark: int = 0
    tos: int = 0
    gateways: tuple[bytes, ...] = ()

    def gateway(self, is_six: bool) -> bytes | None:
        """Return the next hop of one family that the link is pinned to, if it is to any."""
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
    Have all packets of a socket carry a selector.

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
    Return whether a link sends in a family.

    Pinned to a gateway of one family only, it has nothing to send with in the other: a packet there
    would leave by whichever router the device prefers.
    """
    version = 6 if family is Family.IP6 else 4
    versions = {ip_address(gateway).version for gateway in spec.gateways}
    return not versions or version in versions
