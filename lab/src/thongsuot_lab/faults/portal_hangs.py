"""A portal accepts connections and says nothing."""

from thongsuot_lab.act import Act
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(act: Act, *, portal: str = "") -> None:
    """Accept and ignore."""
    act.behave(act.portal(portal), mode="hang")
