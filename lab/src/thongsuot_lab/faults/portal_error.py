"""A portal answers with an error."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(scope: FaultScope, *, portal: str = "", status: float = 500) -> None:
    """Answer every request with this status."""
    scope.behave(scope.portal_node(portal), status=int(status))
