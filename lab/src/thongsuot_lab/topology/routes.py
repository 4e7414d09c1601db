"""
Routing tables, derived from who is wired to whom.

Hosts and customer boxes get a default route over each of their uplinks, in their order; routers
without an uplink get the next hop of a shortest path to every network. Private networks
(192.168.0.0/16) are known only where they are; carrier-internal ones (100.64.0.0/10, and
10.192.0.0/10, which several carriers use at once) only within their realm, because the box or the
core translates them.
"""

from collections import deque
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv4Network, IPv6Interface, IPv6Network

from thongsuot_lab.topology.model import Bridge, Node, NodeRole, Topology, WireEnd

Network = IPv4Network | IPv6Network
PRIVATE = IPv4Network("192.168.0.0/16")
OFFICES = IPv4Network("10.0.0.0/8")
"""Networks of offices, routed by their own routers and translated by the line's box."""
CARRIER_INTERNAL = IPv4Network("100.64.0.0/10")
NUMBERED_ALIKE = IPv4Network("10.192.0.0/10")
"""Access lines of carriers that share one numbering (RFC 1918)."""
DEFAULT_NETWORKS = (IPv4Network("0.0.0.0/0"), IPv6Network("::/0"))
CUSTOMERS = frozenset({NodeRole.CPE, NodeRole.DEVICE})
"""Nodes that do not carry transit traffic: no path leads through a box with two lines."""

# Difference between the metrics of a device's first and second uplink; NetworkManager uses a
# similar difference between wired and mobile connections.
METRIC_STEP = 100


@dataclass(frozen=True, slots=True)
class StaticRoute:
    """One line of a routing table."""

    to: Network
    via: str
    interface: str
    metric: int | None = None


@dataclass(frozen=True, slots=True)
class _AddressedInterface:
    """An interface with addresses, on one broadcast domain."""

    node: str
    interface: str
    holder: WireEnd | Bridge


def _domains(topology: Topology) -> list[list[_AddressedInterface]]:
    """Group every addressed interface with those it reaches without a router."""
    parent: dict[tuple[str, str], tuple[str, str]] = {}

    def find(key: tuple[str, str]) -> tuple[str, str]:
        while parent.setdefault(key, key) != key:
            key = parent[key]
        return key

    for wire in topology.wires:
        keys = [(end.node, end.interface) for end in wire.ends]
        parent[find(keys[0])] = find(keys[1])
    ports: list[_AddressedInterface] = []
    for node in topology.nodes:
        for bridge in node.bridges:
            for port in bridge.ports:
                parent[find((node.name, port))] = find((node.name, bridge.interface))
            ports.append(_AddressedInterface(node.name, bridge.interface, bridge))
        ports += [_AddressedInterface(node.name, tun.interface, tun) for tun in _translating(node)]
    ports += [
        _AddressedInterface(end.node, end.interface, end)
        for wire in topology.wires
        for end in wire.ends
        if end.v4 or end.v6
    ]
    groups: dict[tuple[str, str], list[_AddressedInterface]] = {}
    for port_ in ports:
        groups.setdefault(find((port_.node, port_.interface)), []).append(port_)
    return list(groups.values())


def _translating(node: Node) -> list[WireEnd]:
    """Return the TUN of each NAT64 of a node, which routes the prefix that represents IPv4."""
    return [
        WireEnd(
            node=node.name,
            interface=translator.interface,
            v4=(IPv4Interface(translator.v4),),
            v6=(IPv6Interface(translator.prefix),),
        )
        for translator in node.translators
        if not translator.own_prefix
    ]


def _networks(port: _AddressedInterface) -> set[Network]:
    v4: set[Network] = {address.network for address in port.holder.v4}
    return v4 | {address.network for address in port.holder.v6}


def _is_known(network: Network, owner_realms: set[str], asker: Node) -> bool:
    if isinstance(network, IPv6Network):
        return True
    if network.subnet_of(PRIVATE):
        return False
    is_internal = network.subnet_of(CARRIER_INTERNAL) or network.subnet_of(NUMBERED_ALIKE)
    return not is_internal or asker.realm in owner_realms


def _address_in(port: _AddressedInterface, network: Network) -> str | None:
    if isinstance(network, IPv4Network):
        return str(port.holder.v4[0].ip) if port.holder.v4 else None
    return str(port.holder.v6[0].ip) if port.holder.v6 else None


def _default_routes(
    node: Node, domains: list[list[_AddressedInterface]], topology: Topology
) -> list[StaticRoute]:
    """Yield one default route per family and uplink, towards its first router."""
    routes: list[StaticRoute] = []
    for index, uplink in enumerate(node.uplinks, start=1):
        for domain in domains:
            if not any(p.node == node.name and p.interface == uplink for p in domain):
                continue
            gateway = next(
                (p for p in domain if p.node != node.name and topology.node(p.node).forwards), None
            )
            if gateway is None:
                continue
            for everything in DEFAULT_NETWORKS:
                via = _address_in(gateway, everything)
                if via:
                    routes.append(StaticRoute(everything, via, uplink, METRIC_STEP * index))
    return routes


def _full_table(
    node: Node, domains: list[list[_AddressedInterface]], topology: Topology
) -> list[StaticRoute]:
    """Breadth-first search from the node: the first hop towards every network that it may know."""
    by_node: dict[str, list[list[_AddressedInterface]]] = {}
    for domain in domains:
        for port in domain:
            by_node.setdefault(port.node, []).append(domain)
    own = {
        network
        for domain in by_node.get(node.name, ())
        for port in domain
        if port.node == node.name
        for network in _networks(port)
    }
    routes: dict[Network, StaticRoute] = {}
    seen = {node.name}
    # Each entry: a reached node with the first hop (its port, and our interface) that led there.
    reached: deque[tuple[str, tuple[_AddressedInterface, str] | None]] = deque([(node.name, None)])
    while reached:
        name, first_hop = reached.popleft()
        for domain in by_node.get(name, ()):
            mine = next(p for p in domain if p.node == name)
            for port in domain:
                if port.node in seen:
                    continue
                hop = first_hop or (port, mine.interface)
                _learn(routes, port, hop, node=node, own=own, topology=topology)
                reached_node = topology.node(port.node)
                if reached_node.forwards:
                    seen.add(port.node)
                    for at_port in _offered_ports(reached_node, by_node[port.node]):
                        _learn(routes, at_port, hop, node=node, own=own, topology=topology)
                    if reached_node.role not in CUSTOMERS:
                        reached.append((port.node, hop))
    return list(routes.values())


def _offered_ports(
    node: Node, domains: list[list[_AddressedInterface]]
) -> list[_AddressedInterface]:
    """Return the ports whose networks are reached through a node: for a customer, its LAN's."""
    ports = [next(p for p in domain if p.node == node.name) for domain in domains]
    is_customer = node.role in CUSTOMERS
    return [port for port in ports if not is_customer or isinstance(port.holder, Bridge)]


def _learn(
    routes: dict[Network, StaticRoute],
    port: _AddressedInterface,
    hop: tuple[_AddressedInterface, str],
    *,
    node: Node,
    own: set[Network],
    topology: Topology,
) -> None:
    gateway, interface = hop
    realms = {topology.node(port.node).realm}
    for network in _networks(port):
        if network in own or network in routes or not _is_known(network, realms, node):
            continue
        via = _address_in(gateway, network)
        if via:
            routes[network] = StaticRoute(network, via, interface)


def routes_of(topology: Topology) -> dict[str, list[StaticRoute]]:
    """Return the routing table of every node, without its directly connected networks."""
    domains = _domains(topology)
    return {
        node.name: (
            _default_routes(node, domains, topology)
            if node.uplinks or not node.forwards
            else _full_table(node, domains, topology)
        )
        for node in topology.nodes
    }
