"""A carrier's end of DS-Lite (AFTR) is dead: IPv6 works, nothing is reachable over IPv4."""

from thongsuot_lab.errors import TopologyError
from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.CARRIER


def apply(scope: FaultScope, *, site: str, link: str = "fixed") -> None:
    """Drop everything at the AFTR of a link's carrier."""
    carrier = scope.uplink(site, link).carrier
    for node in scope.topology.nodes:
        is_inside = node.realm == carrier and not node.name.startswith(f"{site}.")
        if is_inside and node.softwires:
            scope.black_hole(node.name)
            return
    raise TopologyError(f"carrier {carrier!r} has no softwires")
