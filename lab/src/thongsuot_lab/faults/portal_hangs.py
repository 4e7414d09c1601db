"""A portal accepts connections and says nothing."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(act: FaultScope, *, portal: str = "") -> None:
    """Accept and ignore."""
    act.behave(act.portal_node(portal), mode="hang")
