"""A carrier reaches everything beyond it by a longer path. A change of route, not a fault."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_lab.topology.model import Impairment
from thongsuot_schema.segment import Segment

SEGMENT: Segment | None = None


def apply(scope: FaultScope, *, carrier: str, added_s: float = 0.04) -> None:
    """Add half of the time in each direction between the core and its neighbours."""
    core = scope.topology.carrier(carrier).core
    for wire in scope.topology.wires:
        if wire.a.node == core and wire.b.node in ("exchange", "transit"):
            scope.impair(wire.name, Impairment(delay_s=added_s / 2))
