"""A carrier is down: every line of it is dark at every site."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.CARRIER


def apply(act: FaultScope, *, carrier: str) -> None:
    """Darken everything that belongs to a carrier."""
    operator = act.topology.carrier(carrier)
    act.cut_power(operator.access, operator.core, operator.resolver, operator.anchor)
