"""The core of a carrier is dead: its first hops answer, nothing behind them does."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.CARRIER


def apply(scope: FaultScope, *, carrier: str) -> None:
    """Let the core of a carrier swallow everything."""
    scope.black_hole(scope.topology.carrier(carrier).core)
