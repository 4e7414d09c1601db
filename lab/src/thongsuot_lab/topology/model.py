"""
Nodes and wires: the vocabulary in which a small Internet is described.

Everything is frozen data; ``builder`` makes it conveniently, ``routes`` derives the routing tables,
and ``lab`` turns it into commands.
"""

from dataclasses import dataclass, field
from enum import StrEnum
from ipaddress import IPv4Interface, IPv6Interface

import msgspec

from thongsuot_lab.errors import TopologyError
from thongsuot_lab.topology.attachments import (
    Modem,
    PppoeEnd,
    RadioTunnel,
    Softwire,
    Translator,
    Vlan,
)


class PortalSpec(msgspec.Struct, frozen=True, kw_only=True, tag="portal"):
    """
    A public web portal: HTTP and HTTPS on their usual ports, at every address of its node.

    ``names`` are the host names of its certificate; ``text`` is the text of its page, its
    Vietnamese title; ``title_en`` is the English one.
    """

    names: tuple[str, ...]
    text: str
    title_en: str = ""


class ResolverSpec(msgspec.Struct, frozen=True, kw_only=True, tag="resolver"):
    """
    A carrier's name server: queries those at ``upstream`` and caches the answers.

    ``dns64`` is the prefix of the carrier's NAT64; with it, a name that has only IPv4 addresses
    gets IPv6 ones as well (RFC 6147).
    """

    upstream: tuple[str, ...]
    dns64: str = ""


class ZoneSpec(msgspec.Struct, frozen=True, kw_only=True, tag="zone"):
    """The name server that is authoritative for every public name of the lab."""


class ProxySpec(msgspec.Struct, frozen=True, kw_only=True, tag="proxy"):
    """
    An office's web proxy, which looks up names at ``resolvers``.

    ``credentials`` (``user:password``) are required if they are set.
    """

    resolvers: tuple[str, ...]
    port: int = 3128
    credentials: str = ""
    connect_timeout_s: float = 2.0


ServerSpec = PortalSpec | ResolverSpec | ZoneSpec | ProxySpec


# Groups that may send pings without privilege: by default none (icmp(7)), here all of them.
PING_GROUPS = "net.ipv4.ping_group_range"
EVERY_GROUP = "0 2147483647"


class NodeRole(StrEnum):
    """The role of a node in the lab."""

    DEVICE = "device"
    CLIENT = "client"
    CPE = "cpe"
    ROUTER = "router"
    ANCHOR = "anchor"
    RESOLVER = "resolver"
    ZONE = "zone"
    PORTAL = "portal"
    COLLECTOR = "collector"
    HOST = "host"


@dataclass(frozen=True, slots=True, kw_only=True)
class Impairment:
    """
    The effect of one direction of a wire on its packets.

    Jitter is uniform, plus or minus, and keeps the order of packets; only a share of
    ``reorder_ratio`` overtakes others by skipping the delay. A rate creates a queue, and a packet
    that would wait longer than ``queue_s`` is dropped.
    """

    delay_s: float = 0.0
    jitter_s: float = 0.0
    loss_ratio: float = 0.0
    reorder_ratio: float = 0.0
    rate_bps: float | None = None
    queue_s: float = 0.2

    def __post_init__(self) -> None:
        """Reject values that no wire can have."""
        if min(self.delay_s, self.jitter_s, self.queue_s) < 0:
            raise TopologyError(f"negative time in {self}")
        if not (0 <= self.loss_ratio <= 1 and 0 <= self.reorder_ratio <= 1):
            raise TopologyError(f"a ratio is 0 to 1, got {self}")
        if self.rate_bps is not None and self.rate_bps <= 0:
            raise TopologyError(f"a rate is above 0, got {self}; cut the wire instead")

    @property
    def is_perfect(self) -> bool:
        """Whether packets pass unchanged and without delay."""
        return not (
            self.delay_s
            or self.jitter_s
            or self.loss_ratio
            or self.reorder_ratio
            or self.rate_bps is not None
        )


PERFECT = Impairment()


@dataclass(frozen=True, slots=True, kw_only=True)
class WireEnd:
    """
    One end of a wire: an interface of a node, with its addresses.

    A port of a bridge has no addresses; the bridge has them.
    """

    node: str
    interface: str
    v4: tuple[IPv4Interface, ...] = ()
    v6: tuple[IPv6Interface, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """A cable, fibre or radio path between two ends, with one impairment in each direction."""

    name: str
    a: WireEnd
    b: WireEnd
    a_to_b: Impairment = PERFECT
    b_to_a: Impairment = PERFECT

    @property
    def ends(self) -> tuple[WireEnd, WireEnd]:
        """Both ends, ``a`` first."""
        return (self.a, self.b)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bridge:
    """A switch inside a node, with the addresses of the node on it."""

    interface: str
    ports: tuple[str, ...]
    v4: tuple[IPv4Interface, ...] = ()
    v6: tuple[IPv6Interface, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """
    One machine: a network namespace.

    ``uplinks`` are the interfaces that hold a default route, the preferred one first; a forwarding
    node without uplinks gets a full routing table instead. Everything else is translated in IPv4 to
    the address of a ``nat`` interface. ``realm`` limits where carrier-internal IPv4 is routed.
    ``ip_lines`` are `ip` commands that run after all of that: rules and tables of the node's own,
    and the configuration of its ``vlans``.
    """

    name: str
    role: NodeRole
    forwards: bool = False
    uplinks: tuple[str, ...] = ()
    nat: tuple[str, ...] = ()
    realm: str = ""
    bridges: tuple[Bridge, ...] = ()
    sysctls: dict[str, str] = field(default_factory=dict)
    nameservers: tuple[str, ...] = ()
    servers: tuple[ServerSpec, ...] = ()
    ip_lines: tuple[str, ...] = ()
    vlans: tuple[Vlan, ...] = ()
    pppoe: tuple[PppoeEnd, ...] = ()
    translators: tuple[Translator, ...] = ()
    modems: tuple[Modem, ...] = ()
    tunnels: tuple[RadioTunnel, ...] = ()
    softwires: tuple[Softwire, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LabCarrier:
    """
    An operator: which nodes are its access, core, resolver and anchor.

    ``networks`` are the public source networks of its customers' packets. A carrier that
    ``is_private`` leads nowhere but to its own hosts.
    """

    name: str
    title: str
    access: str
    core: str
    resolver: str
    anchor: str
    networks: tuple[str, ...] = ()
    is_private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LabUplink:
    """
    One WAN link of a site: the device's interface, the box that it is connected to, its two wires.

    ``gateways``, ``sources``, ``tos``, ``site_networks``, ``proxy`` and ``port`` configure the
    device where its interface alone does not determine how packets leave (``[[links]]`` of the
    agent); ``allowance_bytes`` makes it a metered link.
    """

    name: str
    interface: str
    medium: str
    carrier: str
    cpe: str
    lan_wire: str
    access_wire: str
    gateways: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    tos: int | None = None
    site_networks: tuple[str, ...] = ()
    allowance_bytes: int | None = None
    proxy: str = ""
    port: str = ""


TWO_BOXES = "a"
"""The shape of a site with two ports, two boxes and a line behind each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabSite:
    """
    A service point: its device, its LAN client if it has one, and its uplinks.

    ``commune`` is the statistics office's five-digit code; ``shape`` how its lines and boxes are
    connected, one of ``topology.shapes``.
    """

    name: str
    title: str
    commune: str
    commune_title: str
    device: str
    client: str | None
    uplinks: tuple[LabUplink, ...]
    shape: str = TWO_BOXES

    def uplink(self, name: str) -> LabUplink:
        """
        Return the uplink with this name.

        Raises:
            TopologyError: there is none; the message lists the known ones.
        """
        for uplink in self.uplinks:
            if uplink.name == name:
                return uplink
        known = ", ".join(uplink.name for uplink in self.uplinks)
        raise TopologyError(f"site {self.name!r} has no uplink {name!r}; it has: {known}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """
    A whole network.

    ``names`` is the public zone: host name to addresses in text form, both families mixed.
    """

    nodes: tuple[Node, ...]
    wires: tuple[Wire, ...]
    sites: tuple[LabSite, ...] = ()
    carriers: tuple[LabCarrier, ...] = ()
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def node(self, name: str) -> Node:
        """
        Return the node with this name.

        Raises:
            TopologyError: there is none.
        """
        for node in self.nodes:
            if node.name == name:
                return node
        raise TopologyError(f"no node {name!r}; known: {', '.join(n.name for n in self.nodes)}")

    def wire(self, name: str) -> Wire:
        """
        Return the wire with this name.

        Raises:
            TopologyError: there is none.
        """
        for wire in self.wires:
            if wire.name == name:
                return wire
        raise TopologyError(f"no wire {name!r}; known: {', '.join(w.name for w in self.wires)}")

    def site(self, name: str) -> LabSite:
        """
        Return the site with this name.

        Raises:
            TopologyError: there is none.
        """
        for site in self.sites:
            if site.name == name:
                return site
        raise TopologyError(f"no site {name!r}; known: {', '.join(s.name for s in self.sites)}")

    def carrier(self, name: str) -> LabCarrier:
        """
        Return the carrier with this name.

        Raises:
            TopologyError: there is none.
        """
        for carrier in self.carriers:
            if carrier.name == name:
                return carrier
        known = ", ".join(carrier.name for carrier in self.carriers)
        raise TopologyError(f"no carrier {name!r}; known: {known}")

    def ends_of(self, node: str) -> tuple[WireEnd, ...]:
        """Return every wire end at a node, in the order of the wires."""
        return tuple(end for wire in self.wires for end in wire.ends if end.node == node)

    def addresses_of(self, node: str) -> tuple[str, ...]:
        """Return every address of a node in text form, without prefix lengths, IPv4 first."""
        holders: list[WireEnd | Bridge] = [*self.ends_of(node), *self.node(node).bridges]
        v4 = [str(address.ip) for holder in holders for address in holder.v4]
        v6 = [str(address.ip) for holder in holders for address in holder.v6]
        return (*v4, *v6)
