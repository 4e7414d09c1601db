"""
What a fault may do to a lab, and how it is undone.

A fault is a module with one function, ``apply``, that applies it to a ``FaultScope``. The steps
that undo it are derived from what was done and kept beside the running lab, so that any process can
undo a fault that another one applied.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Final, Literal, Protocol

from thongsuot_lab.errors import TopologyError
from thongsuot_lab.node import RunningNode
from thongsuot_lab.node_config import address_lines, route_line
from thongsuot_lab.topology.model import (
    PERFECT,
    Impairment,
    LabUplink,
    NodeRole,
    ProxySpec,
    Topology,
)
from thongsuot_lab.topology.routes import routes_of

Direction = Literal["both", "up", "down"]
# Before connection tracking and address translation, as if the packet had never arrived.
FILTER_PRIORITY: Final = -400


class FaultTarget(Protocol):
    """
    The parts of a running lab that faults use; ``Lab`` implements all of it.

    Everything done with a ``key`` is undone by ``clear`` with the same key.
    """

    @property
    def topology(self) -> Topology:
        """The topology of the lab."""
        ...

    @property
    def run_dir(self) -> Path:
        """Where the running lab keeps its files."""
        ...

    def node(self, name: str) -> RunningNode:
        """Return a node, to run programs in."""
        ...

    def impair(
        self,
        wire: str,
        a_to_b: Impairment | None = None,
        b_to_a: Impairment | None = None,
        *,
        key: str = ...,
    ) -> None:
        """Add an impairment to what a wire does anyway."""
        ...

    def cut(self, wire: str, *, key: str = ...) -> None:
        """Take the carrier of a wire down."""
        ...

    def flap(self, wire: str, every_s: float, *, key: str = ...) -> None:
        """Cut a wire for the first half of each period and restore it for the second."""
        ...

    def behave(self, node: str, *, key: str = ..., **changes: object) -> None:
        """Make the server of a node misbehave."""
        ...

    def download(self, node: str, address: str, port: int = ..., *, key: str = ...) -> None:
        """Download from a portal's address into a node."""
        ...

    def announce(self, node: str, interface: str, address: str, *, key: str = ...) -> None:
        """Let a node announce its IPv4 address on its LAN every second."""
        ...

    def clear(self, *, key: str = ...) -> None:
        """Undo everything that was done to wires and servers with this key."""
        ...


@dataclass(slots=True)
class FaultScope:
    """One application of a fault to a lab. ``key`` identifies it, for undoing."""

    lab: FaultTarget
    key: str
    _rules: dict[str, dict[str, list[str]]] = field(default_factory=dict)
    _undo: list[tuple[str, list[str]]] = field(default_factory=list)

    @property
    def topology(self) -> Topology:
        """The topology of the lab."""
        return self.lab.topology

    def uplink(self, site: str, link: str) -> LabUplink:
        """Return one uplink of one site."""
        return self.topology.site(site).uplink(link)

    def carrier_end(self, uplink: LabUplink) -> tuple[str, str]:
        """Return the carrier's end of an access line: node and interface."""
        end = self.topology.wire(uplink.access_wire).b
        return end.node, end.interface

    def networks_behind(self, uplink: LabUplink) -> set[IPv4Network | IPv6Network]:
        """Return the source networks of a line's packets before its carrier translates them."""
        line = self.topology.wire(uplink.access_wire).b
        box = self.topology.node(uplink.cpe)
        return {
            *(address.network for address in line.v4),
            *(address.network for address in line.v6),
            *(address.network for bridge in box.bridges for address in bridge.v6),
        }

    # Wires

    def cut(self, *wires: str) -> None:
        """Take the carrier of these wires down."""
        for wire in wires:
            self.lab.cut(wire, key=self.key)

    def cut_power(self, *nodes: str) -> None:
        """Take the carrier of every wire at these nodes down, as in a power failure."""
        self.cut(*{w.name for w in self.topology.wires if {w.a.node, w.b.node} & set(nodes)})

    def impair(self, wire: str, impairment: Impairment, direction: Direction = "both") -> None:
        """Add an impairment to the wire's own one; ``up`` is the direction from its first end."""
        if direction not in ("both", "up", "down"):
            raise TopologyError(f"a direction is both, up or down, not {direction!r}")
        self.lab.impair(
            wire,
            impairment if direction != "down" else PERFECT,
            impairment if direction != "up" else PERFECT,
            key=self.key,
        )

    # Servers

    def behave(self, node: str, **changes: object) -> None:
        """Make the server of a node misbehave."""
        self.lab.behave(node, key=self.key, **changes)

    def proxy_node(self, site: str) -> str:
        """
        Return the node of a site's proxy.

        Raises:
            TopologyError: the site has no proxy.
        """
        for node in self.topology.nodes:
            is_of_site = node.name.startswith(f"{site}.")
            if is_of_site and any(isinstance(server, ProxySpec) for server in node.servers):
                return node.name
        raise TopologyError(f"site {site!r} has no proxy")

    def portal_node(self, name: str) -> str:
        """
        Return the node of a portal, given its node name or its short name; empty: the first portal.
        """
        portals = [node.name for node in self.topology.nodes if node.role is NodeRole.PORTAL]
        for portal in portals:
            if name in ("", portal, portal.removeprefix("portal.")):
                return portal
        raise TopologyError(f"no portal {name!r}; known: {', '.join(portals)}")

    # Nodes

    def drop(self, node: str, chain: str, match: str = "") -> None:
        """Silently drop packets that match (an nft expression; empty: all) in a chain of a node."""
        self._rules.setdefault(node, {}).setdefault(chain, []).append(f"{match} drop")

    def black_hole(self, *nodes: str) -> None:
        """Let these nodes receive everything and neither answer nor forward anything."""
        for node in nodes:
            self.drop(node, "prerouting")
            self.drop(node, "output")

    def ip(self, node: str, lines: Iterable[str], undo: Iterable[str]) -> None:
        """Run `ip` commands at a node, and keep those that undo them."""
        self.lab.node(node).ip(*lines)
        self._undo.append((node, list(undo)))

    def take_down(self, node: str, interface: str) -> None:
        """Set an interface administratively down: its routes go with it."""
        routes = [route for route in routes_of(self.topology)[node] if route.interface == interface]
        self.ip(
            node,
            [f"link set {interface} down"],
            [f"link set {interface} up", *(route_line("replace", route) for route in routes)],
        )

    def remove_v4_addresses(self, node: str, interface: str) -> None:
        """Remove the IPv4 addresses, and with them the routes, from an interface."""
        end = next(e for e in self.topology.ends_of(node) if e.interface == interface)
        routes = [
            route
            for route in routes_of(self.topology)[node]
            if route.interface == interface and route.to.version == 4
        ]
        self.ip(
            node,
            [f"addr del {address} dev {interface}" for address in end.v4],
            [
                *(line for line in address_lines("replace", end) if "nodad" not in line),
                *(route_line("replace", route) for route in routes),
            ],
        )

    def kill(self, *nodes: str) -> None:
        """End every process in these nodes. Undoing the fault does not restart them."""
        for node in nodes:
            self.lab.node(node).kill_all()

    def download(self, node: str, address: str) -> None:
        """Let a node download from a portal's address without end."""
        self.lab.download(node, address, key=self.key)

    def announce(self, node: str, interface: str, address: str) -> None:
        """Let a node announce every second that it has an address."""
        self.lab.announce(node, interface, address, key=self.key)

    def flap(self, wire: str, every_s: float) -> None:
        """Cut a wire and restore it, for half of each period each."""
        self.lab.flap(wire, every_s, key=self.key)

    # Keeping and undoing

    def commit(self, path: Path, about: dict[str, object]) -> None:
        """Load the collected packet rules and save the steps that undo everything."""
        table = nft_table_name(self.key)
        undo = {"table": table, "filtered": list(self._rules), "ip": self._undo}
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps({**about, "key": self.key, "undo": undo}))
        for node, chains in self._rules.items():
            self.lab.node(node).nft(*_table_lines(table, chains))


def nft_table_name(key: str) -> str:
    """Return the name of the nft table of a fault."""
    return "fault_" + re.sub(r"[^a-z0-9]+", "_", key)


def _table_lines(table: str, chains: dict[str, list[str]]) -> list[str]:
    # Declaring, deleting and defining in one transaction replaces whatever was there.
    lines = [f"table inet {table} {{", "}", f"delete table inet {table}", f"table inet {table} {{"]
    for chain, rules in chains.items():
        hook = f"type filter hook {chain} priority {FILTER_PRIORITY}"
        lines += [f"  chain {chain} {{", f"    {hook}", *(f"    {rule}" for rule in rules), "  }"]
    return [*lines, "}"]


def undo_fault(lab: FaultTarget, path: Path) -> str:
    """Undo one applied fault, given the file that ``commit`` wrote; return its key."""
    state = json.loads(path.read_text())
    key: str = state["key"]
    steps = state["undo"]
    lab.clear(key=key)
    for node in steps["filtered"]:
        lab.node(node).nft(f"delete table inet {steps['table']}")
    for node, lines in reversed(steps["ip"]):
        lab.node(node).ip(*lines)
    path.unlink()
    return key
