"""A share of the packets on the line overtakes the others."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_lab.topology.model import Impairment
from thongsuot_schema.segment import Segment

SEGMENT = Segment.ACCESS


def apply(scope: FaultScope, *, site: str, link: str = "fixed", ratio: float = 0.1) -> None:
    """Let this share of packets skip the line's delay."""
    scope.impair(scope.uplink(site, link).access_wire, Impairment(reorder_ratio=ratio))
