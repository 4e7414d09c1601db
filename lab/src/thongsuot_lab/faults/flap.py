"""The line comes and goes."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.ACCESS


def apply(scope: FaultScope, *, site: str, link: str = "fixed", every_s: float = 20.0) -> None:
    """Cut the line for half of each period."""
    scope.flap(scope.uplink(site, link).access_wire, every_s)
