"""A portal has vanished from the network."""

from thongsuot_lab.act import Act
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(act: Act, *, portal: str = "") -> None:
    """Let the portal's machine swallow everything."""
    act.swallow(act.portal(portal))
