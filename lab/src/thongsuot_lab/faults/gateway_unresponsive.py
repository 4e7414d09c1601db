"""The ONT or router does not answer pings but forwards normally. Not a fault of the link."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT: Segment | None = None


def apply(scope: FaultScope, *, site: str, link: str = "fixed") -> None:
    """Drop pings to the box itself."""
    box = scope.uplink(site, link).cpe
    scope.drop(box, "input", "icmp type echo-request")
    scope.drop(box, "input", "icmpv6 type echo-request")
