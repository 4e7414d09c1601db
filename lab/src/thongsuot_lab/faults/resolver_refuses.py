"""A carrier's resolver refuses every question."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.CARRIER


def apply(scope: FaultScope, *, carrier: str) -> None:
    """Answer REFUSED."""
    scope.behave(scope.topology.carrier(carrier).resolver, answer="refused")
