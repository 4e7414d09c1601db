"""The power at a site is gone: device, ONT and router are dark, every program has ended."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.DEVICE


def apply(scope: FaultScope, *, site: str) -> None:
    """Cut the power of one site."""
    where = scope.topology.site(site)
    boxes = [uplink.cpe for uplink in where.uplinks]
    nodes = [where.device, *boxes, *([where.client] if where.client else [])]
    # In this order: a device without power must not record that its cables went dark.
    scope.kill(*nodes)
    scope.cut_power(*nodes)
