"""The exchange is down: carriers are fine inside, domestic hosts are out of reach."""

from thongsuot_lab.act import Act
from thongsuot_schema.segment import Segment

SEGMENT = Segment.TRANSIT


def apply(act: Act) -> None:
    """Let the exchange swallow everything."""
    act.swallow("exchange")
