"""One of a portal's addresses, in each family, does not answer."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(scope: FaultScope, *, portal: str = "") -> None:
    """Drop packets to the portal's last addresses."""
    node = scope.portal_node(portal)
    end = scope.topology.ends_of(node)[0]
    scope.drop(node, "prerouting", f"ip daddr {end.v4[-1].ip}")
    scope.drop(node, "prerouting", f"ip6 daddr {end.v6[-1].ip}")
