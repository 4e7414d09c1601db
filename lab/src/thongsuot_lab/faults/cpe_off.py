"""The ONT or the 5G router is without power."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.LAN


def apply(scope: FaultScope, *, site: str, link: str = "fixed") -> None:
    """Switch off the box of one link."""
    scope.cut_power(scope.uplink(site, link).cpe)
