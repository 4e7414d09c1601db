"""The core of a carrier is dead: its first hops answer, nothing behind them does."""

from thongsuot_lab.act import Act
from thongsuot_schema.segment import Segment

SEGMENT = Segment.CARRIER


def apply(act: Act, *, carrier: str) -> None:
    """Let the core of a carrier swallow everything."""
    act.swallow(act.topology.carrier(carrier).core)
