"""The exchange is down: carriers are fine inside, domestic hosts are out of reach."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.TRANSIT


def apply(scope: FaultScope) -> None:
    """Let the exchange swallow everything."""
    scope.black_hole("exchange")
