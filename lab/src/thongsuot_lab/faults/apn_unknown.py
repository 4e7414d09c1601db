"""The device requests an access point that the network does not know: there is no bearer."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.DEVICE


def apply(scope: FaultScope, *, site: str, link: str = "mobile") -> None:
    """Request that access point."""
    scope.behave(scope.uplink(site, link).cpe, apn="unknown")
