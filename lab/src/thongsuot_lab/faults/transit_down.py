"""The transit abroad is dead, domestic traffic is fine."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.TRANSIT


def apply(scope: FaultScope) -> None:
    """Drop everything at the transit."""
    scope.black_hole("transit")
