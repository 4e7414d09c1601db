"""A topology under construction: add nodes and wires, then build the checked result."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Interface, IPv6Interface, ip_interface

from thongsuot_lab.errors import TopologyError
from thongsuot_lab.topology.model import (
    PERFECT,
    Bridge,
    Impairment,
    LabCarrier,
    LabSite,
    Node,
    NodeRole,
    ServerSpec,
    Topology,
    Wire,
    WireEnd,
)

# The kernel's IFNAMSIZ, less the closing zero byte.
INTERFACE_NAME_MAX = 15
# Names that the `ip` command reads as its own words.
KEYWORDS = frozenset({"up", "down", "a", "type", "dev", "via", "all", "default", "lo", "netns"})


def _split(addresses: Iterable[str]) -> tuple[tuple[IPv4Interface, ...], tuple[IPv6Interface, ...]]:
    parsed = [ip_interface(address) for address in addresses]
    v4 = tuple(address for address in parsed if isinstance(address, IPv4Interface))
    v6 = tuple(address for address in parsed if isinstance(address, IPv6Interface))
    return v4, v6


def wire_end(where: str, *addresses: str) -> WireEnd:
    """
    One end of a wire: ``wire_end("s1.ont:wan", "100.65.0.2/30", "2001:db8:101::2/64")``.

    Raises:
        TopologyError: the form is not ``node:interface``, or the interface's name is unusable.
    """
    node, colon, interface = where.partition(":")
    if not colon or not node or not 0 < len(interface) <= INTERFACE_NAME_MAX:
        raise TopologyError(f"an end reads node:interface, at most 15 letters, got {where!r}")
    if interface in KEYWORDS:
        raise TopologyError(f"the interface name {interface!r} is a word of the ip command")
    v4, v6 = _split(addresses)
    return WireEnd(node=node, interface=interface, v4=v4, v6=v6)


@dataclass(slots=True)
class TopologyBuilder:
    """Collects nodes and wires; ``build`` checks them and makes a ``Topology``."""

    nodes: dict[str, Node] = field(default_factory=dict)
    wires: list[Wire] = field(default_factory=list)
    sites: list[LabSite] = field(default_factory=list)
    carriers: list[LabCarrier] = field(default_factory=list)
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def add(self, node: Node) -> str:
        """
        Add a node and return its name.

        Raises:
            TopologyError: the name is in use.
        """
        if node.name in self.nodes:
            raise TopologyError(f"two nodes are called {node.name!r}")
        self.nodes[node.name] = node
        return node.name

    def router(self, name: str, *, realm: str = "", nat: tuple[str, ...] = ()) -> str:
        """Add a node that forwards and has a route to every network."""
        return self.add(Node(name=name, role=NodeRole.ROUTER, forwards=True, realm=realm, nat=nat))

    def cpe(self, name: str, *, realm: str = "", lan_addresses: tuple[str, ...] = ()) -> str:
        """Add an ONT or a 5G router: LAN ports on a bridge, NAT towards its ``wan``."""
        v4, v6 = _split(lan_addresses)
        lan = (Bridge(interface="lan", ports=(), v4=v4, v6=v6),) if lan_addresses else ()
        return self.add(
            Node(
                name=name,
                role=NodeRole.CPE,
                forwards=True,
                uplinks=("wan",),
                nat=("wan",),
                realm=realm,
                bridges=lan,
            )
        )

    def host(
        self,
        name: str,
        *,
        role: NodeRole = NodeRole.HOST,
        uplinks: tuple[str, ...] = ("eth0",),
        nameservers: tuple[str, ...] = (),
        servers: tuple[ServerSpec, ...] = (),
        realm: str = "",
    ) -> str:
        """Add a node that does not forward."""
        return self.add(
            Node(
                name=name,
                role=role,
                uplinks=uplinks,
                nameservers=nameservers,
                servers=servers,
                realm=realm,
            )
        )

    def wire(
        self,
        a: WireEnd,
        b: WireEnd,
        a_to_b: Impairment = PERFECT,
        b_to_a: Impairment | None = None,
        *,
        name: str | None = None,
    ) -> str:
        """
        Join two ends; without ``b_to_a`` both directions are the same. Return the wire's name.

        An end with the name of a bridge becomes one more port of that bridge.
        """
        wire = Wire(
            name=name or f"{a.node}--{b.node}",
            a=self._plugged(a),
            b=self._plugged(b),
            a_to_b=a_to_b,
            b_to_a=a_to_b if b_to_a is None else b_to_a,
        )
        self.wires.append(wire)
        return wire.name

    def _plugged(self, end_: WireEnd) -> WireEnd:
        node = self.nodes.get(end_.node)
        if node is None:
            raise TopologyError(f"a wire ends at {end_.node!r}, which is no node")
        bridges = []
        for bridge in node.bridges:
            if bridge.interface == end_.interface:
                port = f"{bridge.interface}{len(bridge.ports) + 1}"
                bridges.append(replace(bridge, ports=(*bridge.ports, port)))
                end_ = replace(end_, interface=port, v4=(), v6=())
            else:
                bridges.append(bridge)
        self.nodes[node.name] = replace(node, bridges=tuple(bridges))
        return end_

    def build(self) -> Topology:
        """
        Return the finished topology.

        Raises:
            TopologyError: two wires or two interfaces of one node have the same name.
        """
        _refuse_repeats("wire", [wire.name for wire in self.wires])
        _refuse_repeats(
            "interface", [f"{end.node}:{end.interface}" for wire in self.wires for end in wire.ends]
        )
        return Topology(
            nodes=tuple(self.nodes.values()),
            wires=tuple(self.wires),
            sites=tuple(self.sites),
            carriers=tuple(self.carriers),
            names=dict(self.names),
        )


def _refuse_repeats(noun: str, names: list[str]) -> None:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise TopologyError(f"two {noun}s are called {name!r}")
        seen.add(name)
