"""A portal accepts connections and never answers."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(scope: FaultScope, *, portal: str = "") -> None:
    """Accept and never answer."""
    scope.behave(scope.portal_node(portal), mode="hang")
