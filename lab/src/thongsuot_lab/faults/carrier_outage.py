"""A carrier is down: every line of it is dark at every site."""

from thongsuot_lab.act import Act
from thongsuot_schema.segment import Segment

SEGMENT = Segment.CARRIER


def apply(act: Act, *, carrier: str) -> None:
    """Darken everything that belongs to a carrier."""
    operator = act.topology.carrier(carrier)
    act.darken(operator.access, operator.core, operator.resolver, operator.anchor)
