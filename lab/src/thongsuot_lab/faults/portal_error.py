"""A portal answers with an error."""

from thongsuot_lab.act import Act
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(act: Act, *, portal: str = "", status: float = 500) -> None:
    """Answer everything with this status."""
    act.behave(act.portal(portal), status=int(status))
