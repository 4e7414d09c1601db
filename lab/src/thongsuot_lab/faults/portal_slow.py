"""A portal takes its time to answer."""

from thongsuot_lab.act import Act
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(act: Act, *, portal: str = "", delay_s: float = 5.0) -> None:
    """Delay every answer."""
    act.behave(act.portal(portal), delay_s=delay_s)
