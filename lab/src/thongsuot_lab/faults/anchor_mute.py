"""One anchor has stopped answering pings. Not a fault of any link."""

from thongsuot_lab.act import Act
from thongsuot_schema.segment import Segment

SEGMENT: Segment | None = None


def apply(act: Act, *, node: str) -> None:
    """Drop pings to one node."""
    act.drop(node, "input", "icmp type echo-request")
    act.drop(node, "input", "icmpv6 type echo-request")
