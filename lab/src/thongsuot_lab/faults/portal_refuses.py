"""Nothing listens at a portal any more."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(scope: FaultScope, *, portal: str = "") -> None:
    """Close the portal's ports."""
    scope.behave(scope.portal_node(portal), mode="refuse")
