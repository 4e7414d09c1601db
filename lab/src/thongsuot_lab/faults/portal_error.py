"""A portal answers with an error."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(act: FaultScope, *, portal: str = "", status: float = 500) -> None:
    """Answer everything with this status."""
    act.behave(act.portal_node(portal), status=int(status))
