"""A carrier is down: all of its lines are dark at every site."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.CARRIER


def apply(scope: FaultScope, *, carrier: str) -> None:
    """Take down everything that belongs to a carrier."""
    operator = scope.topology.carrier(carrier)
    scope.cut_power(operator.access, operator.core, operator.resolver, operator.anchor)
