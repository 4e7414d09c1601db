"""Link: the live object of one uplink; probes send all packets through it."""

import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Network, ip_address, ip_network

from thongsuot_agent.links.arp_sender import ArpSender
from thongsuot_agent.links.carrier_networks import UNKNOWN_NETWORKS
from thongsuot_agent.links.echo import EchoChannel
from thongsuot_agent.links.echo_socket import EchoSocket
from thongsuot_agent.links.egress import Egress, address_family, family_of, find_egress
from thongsuot_agent.links.reasons import described, reason_for_own
from thongsuot_agent.links.resolvers import Resolvers
from thongsuot_agent.links.rtnetlink_client import RtnetlinkClient
from thongsuot_agent.links.selector import selector_of
from thongsuot_agent.links.sockets import open_bound
from thongsuot_agent.links.state import ABSENT, LinkState, LinkUnusable
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.inventory.way_out import proxy_address
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family


@dataclass(frozen=True, slots=True, kw_only=True)
class FailoverState:
    """Since when the link has carried the device's own traffic or not, and the changes of that."""

    since_ns: int
    changes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenAddress:
    """
    The source address of the link's packets as seen by the far end, after every translation, and
    when.
    """

    address: str = ""
    at_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Nat64Prefix:
    """The prefix by which an IPv6-only line reaches IPv4, from its name server, and when."""

    network: IPv6Network | None = None
    at_ns: int = 0

    def __contains__(self, address: str) -> bool:
        """Return whether packets to an IPv6 address are translated to IPv4."""
        return self.network is not None and ip_address(address) in self.network

    def carried(self, address: str) -> str:
        """
        Return the IPv4 address to which packets to an IPv6 address are translated; empty: they are
        not (RFC 6052, section 2.2).
        """
        if self.network is None or address not in self:
            return ""
        packed = ip_address(address).packed
        # Bits 64 to 71 hold nothing.
        rest = [packed[at] for at in range(self.network.prefixlen // 8, len(packed)) if at != 8]
        return str(IPv4Address(bytes(rest[:4])))


def boottime_ns() -> int:
    """Return CLOCK_BOOTTIME."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME)


_EGRESSES_KEPT = 256  # far more than a site has targets; the addresses of web services change


class LiveLink:
    """
    One uplink: its inventory entry (``spec``), and the kernel's current state (``state``).

    Opens the only sockets that probes use, each restricted to this link. Every opening method
    raises ``LinkUnusable`` with the reason if nothing can be sent over the link.
    """

    def __init__(self, spec: Spec, kernel: RtnetlinkClient) -> None:
        self.spec = spec
        self.state: LinkState = ABSENT
        self.carried = FailoverState(since_ns=boottime_ns())
        self.first_hops: Mapping[Family, str] = {}
        self.edges: Mapping[Family, str] = {}
        """The carrier's first router in each family, once it is known (``judge.paths``)."""
        self.seen_address = SeenAddress()
        self.nat64 = Nat64Prefix()
        self.kernel = kernel
        self.carrier_networks = UNKNOWN_NETWORKS
        """The carriers of public networks, of all carriers (see ``links.carrier_networks``)."""
        self.carriers_by_plmn: Mapping[str, str] = {}
        self.selector = selector_of(spec)
        self._resolvers = Resolvers(spec.interface, spec.resolvers)
        self._egresses: dict[tuple[Family, str], Egress] = {}
        self._echoes: dict[Family, EchoChannel] = {}
        self._arp_sender = ArpSender(spec.interface)

    def update_spec(self, spec: Spec) -> None:
        """Set the known properties of the link; its interface stays the same."""
        assert spec.interface == self.spec.interface, "an interface is the device's own affair"
        if spec.resolvers != self.spec.resolvers:
            self._resolvers = Resolvers(spec.interface, spec.resolvers)
        self.spec = spec

    @property
    def name(self) -> str:
        """The link's name in the inventory."""
        return self.spec.name

    @property
    def resolvers(self) -> tuple[str, ...]:
        """
        Name servers of this link, most preferred first, both families (see ``links.resolvers``).
        """
        return self._resolvers.servers(self.state.index)

    @property
    def has_shared_resolvers(self) -> bool:
        """
        Whether the name servers are those of the whole device, so that they may belong to another
        link.
        """
        return self._resolvers.are_shared

    def update_state(self, state: LinkState) -> None:
        """Set the kernel's current state; routes are looked up again."""
        if state != self.state:
            self._resolvers.invalidate()
        now, before = (state.carries4, state.carries6), (self.state.carries4, self.state.carries6)
        if now != before:
            # The state at the start is not a change.
            changes = self.carried.changes + (self.state is not ABSENT)
            self.carried = FailoverState(since_ns=boottime_ns(), changes=changes)
        self.state = state
        self._egresses.clear()

    def egress(self, family: Family, destination: str) -> Egress:
        """
        Return how a packet to a destination leaves by this link.

        Raises:
            LinkUnusable: it cannot: interface absent or down, no address, no route over this
            interface.
        """
        key = (family, destination)
        known = self._egresses.get(key)
        if known is not None:
            return known
        if self.spec.proxy and not self._is_before_proxy(destination):
            # Packets dropped by a firewall do not mean a dead line.
            raise LinkUnusable(Reason.BEHIND_PROXY, f"only {self.spec.proxy} leads there")
        try:
            egress = find_egress(
                self.kernel,
                self.spec.interface,
                self.state,
                family,
                destination,
                selector=self.selector,
            )
        except LinkUnusable as unusable:
            if unusable.reason is Reason.NO_ADDRESS and self.nat64.network is not None:
                text = f"{unusable.detail}; IPv4 goes by the carrier's NAT64 {self.nat64.network}"
                raise LinkUnusable(unusable.reason, text) from unusable
            raise
        except OSError as error:
            raise LinkUnusable(reason_for_own(error), described(error)) from error
        if len(self._egresses) >= _EGRESSES_KEPT:
            self._egresses.clear()
        self._egresses[key] = egress
        return egress

    def is_neighbour(self, destination: str) -> bool:
        """
        Return whether a destination is this device, or a neighbour on the link's network: the
        kernel would send to it without the gateway that all other traffic uses.
        """
        family = family_of(destination)
        if destination in self.state.addresses(family):
            return True
        if self.state.gateway(family) is None:
            return False  # a line without any neighbour
        wanted = address_family(family)
        try:
            route = self.kernel.route(
                family=wanted,
                destination=socket.inet_pton(wanted, destination),
                source=None,
                index=self.state.index,
                mark=self.selector.mark,
                tos=self.selector.tos,
            )
        except OSError:
            return True  # the destination's location is unknown: nothing is sent
        return route is not None and any(hop.gateway is None for hop in route.next_hops)

    def _is_before_proxy(self, destination: str) -> bool:
        """
        Return whether a destination is reached without the proxy, like the site's own equipment.
        """
        address = ip_address(destination)
        own = (
            proxy_address(self.spec.proxy)[0],
            *(gateway for gateway in (self.state.gateway4, self.state.gateway6) if gateway),
            *self.spec.site_networks,
        )
        return address.is_link_local or any(
            address.version == network.version and address in network
            for network in map(ip_network, own)
        )

    def open_udp(self, family: Family, destination: str, port: int) -> socket.socket:
        """Return a non-blocking UDP socket bound to this link and connected to a destination."""
        return self._open(family, destination, socket.SOCK_DGRAM, port)

    def open_tcp(self, family: Family, destination: str) -> socket.socket:
        """Return a non-blocking TCP socket bound to this link, not connected yet."""
        return self._open(family, destination, socket.SOCK_STREAM, None)

    def echoes(self, family: Family) -> EchoChannel:
        """
        Return the link's long-lived channel for ICMP echoes of one family.

        Raises:
            LinkUnusable: ICMP sockets are not allowed; the text says which privilege to grant.
        """
        known = self._echoes.get(family)
        if known is not None and known.serves(self.state.index) and not known.is_worn:
            return known
        if known is not None:
            known.close()  # the interface was plugged in again, or its flow is no longer answered
        opened = self.open_echoes(family)
        self._echoes[family] = opened
        return opened

    def open_echoes(self, family: Family) -> EchoChannel:
        """
        Return a channel for ICMP echoes with its own identifier: to a NAT, a new flow. The caller
        closes it.

        Raises:
            LinkUnusable: ICMP sockets are not allowed; the text says which privilege to grant.
        """
        opened = EchoSocket(family, self.spec.interface, self.selector)
        return EchoChannel(opened, self.state.index)

    def broadcast_arp(self, packet: bytes) -> None:
        """Send an ARP packet to all hosts of the link's network; raises as ``ArpSender``."""
        self._arp_sender.broadcast(packet)

    def close(self) -> None:
        """Close the sockets that outlive a single run."""
        self._arp_sender.close()
        for channel in self._echoes.values():
            channel.close()
        self._echoes.clear()

    def _open(
        self, family: Family, destination: str, kind: socket.SocketKind, port: int | None
    ) -> socket.socket:
        egress = self.egress(family, destination)
        opened = open_bound(egress, kind)
        if port is None:
            return opened
        try:
            opened.connect(egress.socket_address(port))
        except OSError as error:
            opened.close()
            raise LinkUnusable(reason_for_own(error), described(error)) from error
        return opened
