"""
A carrier's NAT64 is dead: hosts that have only IPv4 are unreachable from lines that have only IPv6.
"""

from thongsuot_lab.errors import TopologyError
from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.CARRIER


def apply(scope: FaultScope, *, site: str, link: str = "fixed") -> None:
    """Drop everything at the translator of a link's carrier."""
    carrier = scope.uplink(site, link).carrier
    for node in scope.topology.nodes:
        if node.realm == carrier and any(not each.own_prefix for each in node.translators):
            scope.black_hole(node.name)
            return
    raise TopologyError(f"carrier {carrier!r} has no translator")
