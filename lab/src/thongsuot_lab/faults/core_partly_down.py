"""The core of a carrier drops everything to about half of the destinations."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_lab.topology.model import NodeRole
from thongsuot_schema.segment import Segment

SEGMENT = Segment.CARRIER
DESTINATIONS = (NodeRole.ANCHOR, NodeRole.PORTAL)


def apply(scope: FaultScope, *, carrier: str) -> None:
    """Drop packets to every second destination, including the carrier's own anchor."""
    operator = scope.topology.carrier(carrier)
    hosts = [node.name for node in scope.topology.nodes if node.role in DESTINATIONS]
    # The carrier's resolver works and its anchor does not; of the other hosts every second one is
    # lost.
    others = sorted(set(hosts) - {operator.resolver, operator.anchor})
    for node in (operator.anchor, *others[::2]):
        for address in scope.topology.addresses_of(node):
            family = "ip6" if ":" in address else "ip"
            scope.drop(operator.core, "forward", f"{family} daddr {address}")
