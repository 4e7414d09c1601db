"""The contents of a running lab, as plain data for scripts and people."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from thongsuot_lab.topology.model import Topology


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


@dataclass(frozen=True, slots=True, kw_only=True)
class LabState:
    """
    The runtime data of a lab beside its topology; ``network_of`` returns the namespace of a node.
    """

    prefix: str
    mechanism: str
    run_dir: Path
    ca_file: Path
    network_of: Callable[[str], str]
    fault_keys: Sequence[str]


def lab_facts(topology: Topology, state: LabState) -> LabFacts:
    """Namespaces, addresses, names, certificate authority, anchors and active faults of a lab."""
    carriers = topology.carriers
    return LabFacts(
        prefix=state.prefix,
        mechanism=state.mechanism,
        run_dir=str(state.run_dir),
        ca_file=str(state.ca_file),
        nodes={
            node.name: NodeFacts(
                role=node.role,
                network=state.network_of(node.name),
                addresses=list(topology.addresses_of(node.name)),
            )
            for node in topology.nodes
        },
        wires={
            wire.name: [f"{end.node}:{end.interface}" for end in wire.ends]
            for wire in topology.wires
        },
        sites={site.name: _uplinks(topology, site.name) for site in topology.sites},
        anchors={carrier.name: list(topology.addresses_of(carrier.anchor)) for carrier in carriers},
        resolvers={
            carrier.name: list(topology.addresses_of(carrier.resolver)) for carrier in carriers
        },
        names={name: list(addresses) for name, addresses in topology.names.items()},
        faults=list(state.fault_keys),
    )


def _uplinks(topology: Topology, site: str) -> dict[str, str]:
    return {
        uplink.name: f"{uplink.interface}, {uplink.medium}, {uplink.carrier}"
        for uplink in topology.site(site).uplinks
    }
