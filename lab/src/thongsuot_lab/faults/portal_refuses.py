"""Nothing listens at a portal any more."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(act: FaultScope, *, portal: str = "") -> None:
    """Close the portal's ports."""
    act.behave(act.portal_node(portal), mode="refuse")
