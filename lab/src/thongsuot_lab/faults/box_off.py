"""The ONT or the 5G router is without power."""

from thongsuot_lab.act import Act
from thongsuot_schema.segment import Segment

SEGMENT = Segment.LAN


def apply(act: Act, *, site: str, link: str = "fixed") -> None:
    """Switch the box of one link off."""
    act.darken(act.uplink(site, link).cpe)
