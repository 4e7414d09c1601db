"""The exchange is down: carriers are fine inside, domestic hosts are unreachable."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.TRANSIT


def apply(scope: FaultScope) -> None:
    """Drop everything at the exchange."""
    scope.black_hole("exchange")
