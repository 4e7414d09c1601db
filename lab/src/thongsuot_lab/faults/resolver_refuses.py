"""A carrier's resolver refuses every question."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.CARRIER


def apply(act: FaultScope, *, carrier: str) -> None:
    """Answer REFUSED."""
    act.behave(act.topology.carrier(carrier).resolver, answer="refused")
