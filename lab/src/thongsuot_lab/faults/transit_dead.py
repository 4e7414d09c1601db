"""The way abroad is dead, the country is fine."""

from thongsuot_lab.act import Act
from thongsuot_schema.segment import Segment

SEGMENT = Segment.TRANSIT


def apply(act: Act) -> None:
    """Let the transit swallow everything."""
    act.swallow("transit")
