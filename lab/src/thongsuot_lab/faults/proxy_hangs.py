"""The office's proxy accepts connections and never answers."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.LAN


def apply(scope: FaultScope, *, site: str) -> None:
    """Accept and never answer."""
    scope.behave(scope.proxy_node(site), mode="hang")
