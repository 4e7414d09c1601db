"""The office's proxy accepts connections and says nothing."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.LAN


def apply(scope: FaultScope, *, site: str) -> None:
    """Let it accept and ignore."""
    scope.behave(scope.proxy_node(site), mode="hang")
