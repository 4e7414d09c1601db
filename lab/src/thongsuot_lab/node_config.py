"""
Kernel configuration from a topology: settings, `ip` commands and `nft` rules for each node.

Pure. ``lab`` applies them.
"""

from dataclasses import dataclass
from ipaddress import IPv4Interface

from thongsuot_lab.topology.attachments import Softwire, Translator
from thongsuot_lab.topology.model import Bridge, Node, Topology, WireEnd
from thongsuot_lab.topology.routes import CARRIER_INTERNAL, OFFICES, PRIVATE, StaticRoute, routes_of
from thongsuot_lab.wires.kernel import middle_names

IP4_MTU_BYTES = 1480
"""MTU of IPv4 that still fits into 1,500 bytes after translation to IPv6."""
SOFTWIRE_MTU_BYTES = 1460
"""MTU of IPv4 that still fits into 1,500 bytes inside of IPv6."""

# The namespace that holds the middles of all wires; no node may have this name.
WIRES_NAMESPACE = "(wires)"

QUIET_SYSCTLS = {
    # No duplicate address detection: only a fault can duplicate an address in the lab.
    "net.ipv6.conf.all.accept_dad": "0",
    "net.ipv6.conf.default.accept_dad": "0",
    "net.ipv6.conf.all.accept_ra": "0",
    "net.ipv6.conf.default.accept_ra": "0",
    "net.ipv6.conf.default.router_solicitations": "0",
    # So that setting an interface down has the same effect in both families.
    "net.ipv6.conf.all.keep_addr_on_down": "1",
    "net.ipv6.conf.default.keep_addr_on_down": "1",
    # A router that answers only once per second would look like loss to two simultaneous probes.
    "net.ipv4.icmp_ratelimit": "0",
    "net.ipv6.icmp.ratelimit": "0",
}
FORWARDING_SYSCTLS = {
    "net.ipv4.ip_forward": "1",
    "net.ipv6.conf.all.forwarding": "1",
    "net.ipv6.conf.default.forwarding": "1",
}
# Middles carry frames for others and send nothing themselves.
SILENT_SYSCTLS = {"net.ipv6.conf.all.disable_ipv6": "1", "net.ipv6.conf.default.disable_ipv6": "1"}


@dataclass(frozen=True, slots=True)
class NodeConfig:
    """The configuration of one node, applied in this order."""

    sysctls: dict[str, str]
    ip_lines: list[str]
    nft_lines: list[str]


def wire_lines(topology: Topology, paths: dict[str, str]) -> list[str]:
    """Return `ip` commands that create every wire, to be run in the namespace of the middles."""
    lines = []
    for index, wire in enumerate(topology.wires):
        for end, middle in zip(wire.ends, middle_names(index), strict=True):
            lines += [
                f"link add {end.interface} netns {paths[end.node]} type veth peer name {middle}",
                f"link set {middle} up promisc on",
            ]
    return lines


def node_configs(topology: Topology) -> dict[str, NodeConfig]:
    """Return the configuration of every node."""
    routes = routes_of(topology)
    return {
        node.name: NodeConfig(
            sysctls={
                **QUIET_SYSCTLS,
                **(FORWARDING_SYSCTLS if node.forwards else {}),
                **node.sysctls,
            },
            ip_lines=_ip_lines(node, topology.ends_of(node.name), routes[node.name]),
            nft_lines=_nat_lines(node),
        )
        for node in topology.nodes
    }


def _ip_lines(node: Node, ends: tuple[WireEnd, ...], routes: list[StaticRoute]) -> list[str]:
    lines = ["link set lo up"]
    # A TAP for each VLAN: see ``services.vlan_trunk``.
    lines += [f"tuntap add dev {vlan.interface} mode tap" for vlan in node.vlans]
    lines += [f"link set {vlan.interface} up" for vlan in node.vlans]
    lines += [line for translator in node.translators for line in _translator_lines(translator)]
    lines += [line for softwire in node.softwires for line in _softwire_lines(softwire)]
    for bridge in node.bridges:
        lines.append(f"link add {bridge.interface} type bridge forward_delay 0 stp_state 0")
        lines += [f"link set {port} master {bridge.interface}" for port in bridge.ports]
    holders: list[WireEnd | Bridge] = [*ends, *node.bridges]
    for holder in holders:
        lines.append(f"link set {holder.interface} up")
    lines += [line for holder in holders for line in address_lines("add", holder)]
    lines += [route_line("add", route) for route in routes]
    return [*lines, *node.ip_lines]


def _translator_lines(translator: Translator) -> list[str]:
    """Return the commands that make the TUN of a translator; see ``services.translator``."""
    name = translator.interface
    lines = [
        f"tuntap add dev {name} mode tun",
        f"link set {name} up",
        f"addr add {translator.v4} dev {name}",
    ]
    if translator.own_prefix:
        return [
            *lines,
            f"route add default dev {name} mtu lock {IP4_MTU_BYTES}",
            f"route add {translator.own_prefix} dev {name}",
        ]
    pool = IPv4Interface(translator.v4).network
    return [
        *lines,
        # A packet grows by 20 bytes; with this MTU the kernel tells senders whose packets would not
        # fit.
        f"route replace {pool} dev {name} mtu lock {IP4_MTU_BYTES}",
        f"route add {translator.prefix} dev {name}",
    ]


def _softwire_lines(softwire: Softwire) -> list[str]:
    """Return the commands that make the TUN of a softwire; see ``services.softwire``."""
    name = softwire.interface
    return [
        f"tuntap add dev {name} mode tun",
        f"link set {name} mtu {SOFTWIRE_MTU_BYTES} up",
        f"addr add {softwire.v4} dev {name}",
        *(f"route add {network} dev {name}" for network in softwire.routes),
    ]


def address_lines(verb: str, holder: WireEnd | Bridge) -> list[str]:
    """
    Return `ip` commands that set (``replace``, ``add``) or delete the addresses of an interface.
    """
    return [
        *(f"addr {verb} {address} dev {holder.interface}" for address in holder.v4),
        *(f"addr {verb} {address} dev {holder.interface} nodad" for address in holder.v6),
    ]


def route_line(verb: str, route: StaticRoute) -> str:
    """Return one `ip` command for a route."""
    metric = "" if route.metric is None else f" metric {route.metric}"
    return f"route {verb} {route.to} via {route.via} dev {route.interface}{metric}"


def _nat_lines(node: Node) -> list[str]:
    if not node.nat:
        return []
    rules = [
        f"    ip saddr {{ {PRIVATE}, {OFFICES}, {CARRIER_INTERNAL} }} "
        f'oifname "{interface}" masquerade'
        for interface in node.nat
    ]
    return [
        "table ip nat {",
        "  chain out {",
        "    type nat hook postrouting priority 100",
        *rules,
        "  }",
        "}",
    ]
