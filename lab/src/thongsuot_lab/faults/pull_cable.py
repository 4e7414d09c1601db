"""The cable between the device and the ONT or router is unplugged."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.LAN


def apply(scope: FaultScope, *, site: str, link: str = "fixed") -> None:
    """Unplug the device from one link."""
    scope.cut(scope.uplink(site, link).lan_wire)
