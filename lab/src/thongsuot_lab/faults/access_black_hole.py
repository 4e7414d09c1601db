"""The line is lit, and the carrier's first hop drops everything on it."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.ACCESS


def apply(scope: FaultScope, *, site: str, link: str = "fixed") -> None:
    """Drop everything of one line at the carrier's side."""
    node, interface = scope.carrier_end(scope.uplink(site, link))
    scope.drop(node, "prerouting", f'iifname "{interface}"')
    scope.drop(node, "postrouting", f'oifname "{interface}"')
