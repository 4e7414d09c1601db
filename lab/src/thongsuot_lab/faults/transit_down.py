"""The way abroad is dead, the country is fine."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.TRANSIT


def apply(scope: FaultScope) -> None:
    """Let the transit swallow everything."""
    scope.black_hole("transit")
