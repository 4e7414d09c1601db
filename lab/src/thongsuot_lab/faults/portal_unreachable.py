"""A portal has vanished from the network."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(scope: FaultScope, *, portal: str = "") -> None:
    """Drop everything at the portal's machine."""
    scope.black_hole(scope.portal_node(portal))
