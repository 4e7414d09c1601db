"""The line to the carrier is cut (or the radio is lost): the box is lit, its WAN is dark."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.ACCESS


def apply(scope: FaultScope, *, site: str, link: str = "fixed") -> None:
    """Cut the access line of one link."""
    scope.cut(scope.uplink(site, link).access_wire)
