"""A carrier's resolver is slow to answer."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.CARRIER


def apply(scope: FaultScope, *, carrier: str, delay_s: float = 2.0) -> None:
    """Delay every answer."""
    scope.behave(scope.topology.carrier(carrier).resolver, delay_s=delay_s)
