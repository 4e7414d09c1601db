"""One of a portal's addresses, in each family, does not answer."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(act: FaultScope, *, portal: str = "") -> None:
    """Drop what comes to the portal's last addresses."""
    node = act.portal_node(portal)
    end = act.topology.ends_of(node)[0]
    act.drop(node, "prerouting", f"ip daddr {end.v4[-1].ip}")
    act.drop(node, "prerouting", f"ip6 daddr {end.v6[-1].ip}")
