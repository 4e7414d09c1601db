"""The first hop of a carrier is dead, for every customer behind it."""

from thongsuot_lab.act import Act
from thongsuot_schema.segment import Segment

SEGMENT = Segment.ACCESS


def apply(act: Act, *, carrier: str) -> None:
    """Let the access router of a carrier swallow everything."""
    act.swallow(act.topology.carrier(carrier).access)
