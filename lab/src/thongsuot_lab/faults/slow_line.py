"""The line carries only a part of its rate."""

from thongsuot_lab.errors import TopologyError
from thongsuot_lab.fault_scope import FaultScope
from thongsuot_lab.topology.model import Impairment
from thongsuot_schema.segment import Segment

SEGMENT = Segment.ACCESS


def apply(scope: FaultScope, *, site: str, link: str = "fixed", share: float = 0.1) -> None:
    """Reduce the rate to this share in both directions."""
    uplink = scope.uplink(site, link)
    wire = scope.topology.wire(uplink.access_wire)
    rates = {}
    for direction, base in (("up", wire.a_to_b), ("down", wire.b_to_a)):
        if base.rate_bps is None:
            raise TopologyError(f"wire {wire.name!r} has no rate that could drop")
        rates[direction] = Impairment(rate_bps=base.rate_bps * share, queue_s=base.queue_s)
    scope.lab.impair(wire.name, rates["up"], rates["down"], key=scope.key)
