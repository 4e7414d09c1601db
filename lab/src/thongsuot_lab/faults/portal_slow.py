"""A portal is slow to answer."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(scope: FaultScope, *, portal: str = "", delay_s: float = 5.0) -> None:
    """Delay every answer."""
    scope.behave(scope.portal_node(portal), delay_s=delay_s)
