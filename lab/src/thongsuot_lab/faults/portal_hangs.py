"""A portal accepts connections and says nothing."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(scope: FaultScope, *, portal: str = "") -> None:
    """Accept and ignore."""
    scope.behave(scope.portal_node(portal), mode="hang")
