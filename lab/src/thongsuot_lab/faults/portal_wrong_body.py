"""A portal answers, with a page that is not its own."""

from thongsuot_lab.act import Act
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(act: Act, *, portal: str = "", text: str = "It works!") -> None:
    """Show another text."""
    act.behave(act.portal(portal), text=text)
