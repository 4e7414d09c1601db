"""A portal has vanished from the network."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.SERVICE


def apply(act: FaultScope, *, portal: str = "") -> None:
    """Let the portal's machine swallow everything."""
    act.black_hole(act.portal_node(portal))
