"""A carrier's resolver does not answer; its machine does."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.CARRIER


def apply(scope: FaultScope, *, carrier: str) -> None:
    """Silence the resolver."""
    scope.behave(scope.topology.carrier(carrier).resolver, answer="silence")
