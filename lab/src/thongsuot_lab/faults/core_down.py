"""The core of a carrier is dead: its first hops answer, nothing behind them does."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.CARRIER


def apply(act: FaultScope, *, carrier: str) -> None:
    """Let the core of a carrier swallow everything."""
    act.black_hole(act.topology.carrier(carrier).core)
