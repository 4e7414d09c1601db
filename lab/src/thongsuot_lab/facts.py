"""What there is in a running lab, as plain data for scripts and people."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

from thongsuot_lab.topology.model import Topology

if TYPE_CHECKING:
    from thongsuot_lab.lab import Lab


class NodeFacts(TypedDict):
    """One node."""

    role: str
    network: str
    addresses: list[str]


class LabFacts(TypedDict):
    """The whole lab. ``anchors`` is by carrier; ``names`` is the public zone."""

    prefix: str
    mechanism: str
    run_dir: str
    ca_file: str
    nodes: dict[str, NodeFacts]
    wires: dict[str, list[str]]
    sites: dict[str, dict[str, str]]
    anchors: dict[str, list[str]]
    resolvers: dict[str, list[str]]
    names: dict[str, list[str]]
    faults: list[str]


def lab_facts(lab: Lab) -> LabFacts:
    """Namespaces, addresses, names, certificate authority, anchors and active faults of a lab."""
    topology = lab.topology
    return LabFacts(
        prefix=lab.prefix,
        mechanism=lab.mechanism,
        run_dir=str(lab.run_dir),
        ca_file=str(lab.ca_file),
        nodes={
            node.name: NodeFacts(
                role=node.role,
                network=lab.node(node.name).network,
                addresses=list(topology.addresses_of(node.name)),
            )
            for node in topology.nodes
        },
        wires={
            wire.name: [f"{end.node}:{end.interface}" for end in wire.ends]
            for wire in topology.wires
        },
        sites={site.name: _uplinks(topology, site.name) for site in topology.sites},
        anchors={one.name: list(topology.addresses_of(one.anchor)) for one in topology.carriers},
        resolvers={
            one.name: list(topology.addresses_of(one.resolver)) for one in topology.carriers
        },
        names={name: list(addresses) for name, addresses in topology.names.items()},
        faults=[one.key for one in lab.active_faults()],
    )


def _uplinks(topology: Topology, site: str) -> dict[str, str]:
    return {
        uplink.name: f"{uplink.interface}, {uplink.medium}, {uplink.carrier}"
        for uplink in topology.site(site).uplinks
    }
