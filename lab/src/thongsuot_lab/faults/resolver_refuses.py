"""A carrier's resolver refuses every question."""

from thongsuot_lab.act import Act
from thongsuot_schema.segment import Segment

SEGMENT = Segment.CARRIER


def apply(act: Act, *, carrier: str) -> None:
    """Answer REFUSED."""
    act.behave(act.topology.carrier(carrier).resolver, answer="refused")
