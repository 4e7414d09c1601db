"""The first hop of a carrier is dead, for every customer behind it."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.ACCESS


def apply(scope: FaultScope, *, carrier: str) -> None:
    """Drop everything at the access router of a carrier."""
    scope.black_hole(scope.topology.carrier(carrier).access)
