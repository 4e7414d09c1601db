"""A share of the packets on the line is lost."""

from thongsuot_lab.fault_scope import Direction, FaultScope
from thongsuot_lab.topology.model import Impairment
from thongsuot_schema.segment import Segment

SEGMENT = Segment.ACCESS


def apply(
    scope: FaultScope,
    *,
    site: str,
    link: str = "fixed",
    ratio: float = 0.2,
    direction: Direction = "both",
) -> None:
    """Drop this share of packets in each selected direction."""
    scope.impair(scope.uplink(site, link).access_wire, Impairment(loss_ratio=ratio), direction)
