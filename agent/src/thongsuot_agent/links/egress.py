"""Egress: how a packet to one destination leaves by one link, according to the kernel."""

import socket
from dataclasses import dataclass

from thongsuot_agent.links.rtnetlink_client import RtnetlinkClient
from thongsuot_agent.links.selector import UNSELECTED, RouteSelector
from thongsuot_agent.links.state import LinkState, LinkUnusable
from thongsuot_agent.proto.rtnetlink import RouteMessage
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family

SocketAddress = tuple[str, int] | tuple[str, int, int, int]
"""The address type of the socket module, for either family."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Egress:
    """
    The route to one destination: the interface, the source address, and the packets' selector.

    ``source`` and ``destination`` are text, ``source_packed`` and ``destination_packed`` the same
    as bytes.
    """

    family: Family
    interface: str
    index: int
    source: str
    source_packed: bytes
    destination: str
    destination_packed: bytes
    selector: RouteSelector = UNSELECTED

    @property
    def is_link_local(self) -> bool:
        """Whether the destination is valid on this interface only (fe80::/10)."""
        return is_link_local6(self.destination_packed)

    def socket_address(self, port: int) -> SocketAddress:
        """Return the destination in the form of the socket module."""
        return self._address(self.destination, port)

    def source_address(self) -> SocketAddress:
        """Return the source, with a port chosen by the kernel."""
        return self._address(self.source, 0)

    def _address(self, address: str, port: int) -> SocketAddress:
        if self.family is Family.IP4:
            return (address, port)
        return (address, port, 0, self.index if self.is_link_local else 0)


_FAR = {Family.IP4: "198.18.0.1", Family.IP6: "2001:2::1"}
"""From the benchmark ranges (RFC 2544, RFC 5180): only a default route leads there."""


def address_family(family: Family) -> socket.AddressFamily:
    """Return the socket module's constant of a family."""
    return socket.AF_INET6 if family is Family.IP6 else socket.AF_INET


def family_of(address: str) -> Family:
    """Return the family of an address in text form."""
    return Family.IP6 if ":" in address else Family.IP4


def is_link_local6(packed: bytes) -> bool:
    """Return whether an IPv6 address is link-local (fe80::/10; RFC 4291, section 2.5.6)."""
    return len(packed) == 16 and packed[0] == 0xFE and packed[1] & 0xC0 == 0x80


def find_egress(
    kernel: RtnetlinkClient,
    interface: str,
    state: LinkState,
    family: Family,
    destination: str,
    *,
    selector: RouteSelector = UNSELECTED,
) -> Egress:
    """
    Return how packets to a destination leave by this link.

    The kernel is queried for the route with the interface fixed, the link's selector, and each of
    the interface's own addresses as source, best match first, because on a device with two uplinks
    the routing table often depends on the source address (``ip rule from ...``). The source is the
    route's preferred one if it has one.

    Raises:
        LinkUnusable: the interface is absent or down, has no address of the family, or none of its
            addresses has a route to the destination by this interface; or the link has its own
            gateway, and packets would not use it.
    """
    if not state.present:
        raise LinkUnusable(Reason.INTERFACE_ABSENT, f"no interface {interface!r}")
    if not state.carrier:
        raise LinkUnusable(Reason.INTERFACE_DOWN, f"{interface} is down or has no carrier")
    wanted = address_family(family)
    target = socket.inet_pton(wanted, destination)
    own = _sources(state, family, target)
    if not own:
        raise LinkUnusable(Reason.NO_ADDRESS, f"{interface} has no usable {family} address")
    for source in own:
        route = _route(kernel, state.index, target, source, selector)
        if route is None:
            continue
        _require_gateway(route, target, selector)
        # A route's ``src`` is the kernel's own choice; an address that has disappeared from the
        # interface meanwhile could not be bound.
        preferred = route.preferred_source
        chosen = preferred if preferred is not None and preferred in own else source
        return Egress(
            family=family,
            interface=interface,
            index=state.index,
            source=socket.inet_ntop(wanted, chosen),
            source_packed=chosen,
            destination=destination,
            destination_packed=target,
            selector=selector,
        )
    raise LinkUnusable(Reason.NO_ROUTE, f"no {family} route by {interface} to this target")


def is_unrouted(
    kernel: RtnetlinkClient, interface: str, state: LinkState, selector: RouteSelector
) -> bool:
    """
    Return whether packets of a link would leave by a gateway other than its own, or by none.

    Nothing is known about an interface that cannot send.

    Raises:
        OSError: netlink refuses the query.
    """
    for family, far in _FAR.items():
        if selector.gateway(family is Family.IP6) is None:
            continue
        try:
            find_egress(kernel, interface, state, family, far, selector=selector)
        except LinkUnusable as unusable:
            if unusable.reason in {Reason.EGRESS_UNPROVEN, Reason.NO_ROUTE}:
                return True
    return False


def _require_gateway(route: RouteMessage, target: bytes, selector: RouteSelector) -> None:
    """
    Reject a route that does not lead through the link's own gateway: its answers would prove
    another line.

    Raises:
        LinkUnusable: the rule that routes the link's packets to its gateway is missing, or the
            destination is on the device's own network, in front of the gateway.
    """
    gateway = selector.gateway(len(target) == 16)
    if gateway is None or target == gateway or is_link_local6(target):
        return
    # All next hops: of a multipath route any of them may carry the next packet.
    hops = {hop.gateway for hop in route.next_hops}
    if hops == {gateway}:
        return
    named = socket.inet_ntop(socket.AF_INET6 if len(gateway) == 16 else socket.AF_INET, gateway)
    if hops == {None}:
        text = f"this target stands on the device's own network and not behind {named}"
    else:
        text = f"no rule sends this link's packets by {named}: thongsuot-agent routes apply"
    raise LinkUnusable(Reason.EGRESS_UNPROVEN, text)


def _route(
    kernel: RtnetlinkClient, index: int, target: bytes, source: bytes, selector: RouteSelector
) -> RouteMessage | None:
    """
    Return the route of a socket bound to the interface and to the source, if there is one.

    If queried with a source, IPv6 may answer with a route over another interface, which a bound
    socket would not use (ip6_route_output_flags); without a source it is restricted to the
    interface.
    """
    family = socket.AF_INET6 if len(target) == 16 else socket.AF_INET
    for asked in (source, None):
        route = kernel.route(
            family=family,
            destination=target,
            source=asked,
            index=index,
            mark=selector.mark,
            tos=selector.tos,
        )
        if route is None or _leads_by(route, index):
            return route
    return None


def _leads_by(route: RouteMessage, index: int) -> bool:
    return any(hop.index == index for hop in route.next_hops)


def _sources(state: LinkState, family: Family, target: bytes) -> list[bytes]:
    """
    The interface's own addresses, most bits in common with the target first (RFC 6724, rule 8).
    """
    if is_link_local6(target):
        local = state.link_local6
        return [] if local is None else [socket.inet_pton(socket.AF_INET6, local)]
    wanted = address_family(family)
    packed = [socket.inet_pton(wanted, address) for address in state.addresses(family)]
    # The shorter the difference, the longer the common prefix: length of the XOR, smallest first.
    aim = int.from_bytes(target, "big")
    return sorted(packed, key=lambda own: (int.from_bytes(own, "big") ^ aim).bit_length())
