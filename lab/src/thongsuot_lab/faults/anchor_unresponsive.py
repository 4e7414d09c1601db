"""One anchor has stopped answering pings. Not a fault of any link."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT: Segment | None = None


def apply(act: FaultScope, *, node: str) -> None:
    """Drop pings to one node."""
    act.drop(node, "input", "icmp type echo-request")
    act.drop(node, "input", "icmpv6 type echo-request")
