"""Everything on the line takes longer."""

from thongsuot_lab.fault_scope import Direction, FaultScope
from thongsuot_lab.topology.model import Impairment
from thongsuot_schema.segment import Segment

SEGMENT = Segment.ACCESS


def apply(
    scope: FaultScope,
    *,
    site: str,
    link: str = "fixed",
    added_s: float = 0.3,
    direction: Direction = "down",
) -> None:
    """Add a delay in each selected direction."""
    scope.impair(scope.uplink(site, link).access_wire, Impairment(delay_s=added_s), direction)
