"""A carrier's resolver does not answer; its machine does."""

from thongsuot_lab.act import Act
from thongsuot_schema.segment import Segment

SEGMENT = Segment.CARRIER


def apply(act: Act, *, carrier: str) -> None:
    """Silence the resolver."""
    act.behave(act.topology.carrier(carrier).resolver, answer="silence")
