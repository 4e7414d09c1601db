"""A carrier's NAT64 is dead: what has IPv4 alone is not reached by a line that has IPv6 alone."""

from thongsuot_lab.errors import TopologyError
from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.CARRIER


def apply(scope: FaultScope, *, site: str, link: str = "fixed") -> None:
    """Let the translator of a link's carrier take in everything and answer nothing."""
    carrier = scope.uplink(site, link).carrier
    for node in scope.topology.nodes:
        if node.realm == carrier and any(not each.own_prefix for each in node.translators):
            scope.black_hole(node.name)
            return
    raise TopologyError(f"carrier {carrier!r} has no translator")
