"""The line carries packets in one direction only."""

from thongsuot_lab.fault_scope import Direction, FaultScope
from thongsuot_lab.topology.model import Impairment
from thongsuot_schema.segment import Segment

SEGMENT = Segment.ACCESS


def apply(scope: FaultScope, *, site: str, link: str = "fixed", dead: Direction = "down") -> None:
    """Drop everything in the dead direction."""
    scope.impair(scope.uplink(site, link).access_wire, Impairment(loss_ratio=1.0), dead)
