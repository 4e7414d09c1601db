"""The device has lost its IPv4 lease on a link: no address and no route any more."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.LAN


def apply(scope: FaultScope, *, site: str, link: str = "fixed") -> None:
    """Take the IPv4 address of one link away."""
    scope.remove_v4_addresses(scope.topology.site(site).device, scope.uplink(site, link).interface)
