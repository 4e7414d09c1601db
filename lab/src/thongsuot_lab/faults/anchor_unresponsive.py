"""One anchor has stopped answering pings. Not a fault of any link."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT: Segment | None = None


def apply(scope: FaultScope, *, node: str) -> None:
    """Drop pings to one node."""
    scope.drop(node, "input", "icmp type echo-request")
    scope.drop(node, "input", "icmpv6 type echo-request")
