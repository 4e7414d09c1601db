"""Nothing listens where the office's proxy was."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.LAN


def apply(scope: FaultScope, *, site: str) -> None:
    """Close the proxy's port."""
    scope.behave(scope.proxy_node(site), mode="refuse")
