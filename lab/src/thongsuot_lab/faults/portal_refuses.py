"""Nothing listens at a portal any more."""

from thongsuot_lab.act import Act
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(act: Act, *, portal: str = "") -> None:
    """Close the portal's ports."""
    act.behave(act.portal(portal), mode="refuse")
