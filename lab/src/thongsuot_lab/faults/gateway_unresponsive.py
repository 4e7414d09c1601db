"""The ONT or router does not answer pings, but does its work. Not a fault of the link."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT: Segment | None = None


def apply(act: FaultScope, *, site: str, link: str = "fixed") -> None:
    """Drop pings to the box itself."""
    box = act.uplink(site, link).cpe
    act.drop(box, "input", "icmp type echo-request")
    act.drop(box, "input", "icmpv6 type echo-request")
