"""
The ONT or router runs, but its WAN is switched off: it reports at once that there is no route.
"""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.LAN


def apply(scope: FaultScope, *, site: str, link: str = "fixed") -> None:
    """Set the WAN interface of the box down."""
    scope.take_down(scope.uplink(site, link).cpe, "wan")
