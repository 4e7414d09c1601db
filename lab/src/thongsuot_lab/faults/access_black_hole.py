"""The line is lit, and the carrier's first hop drops everything on it."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.ACCESS


def apply(act: FaultScope, *, site: str, link: str = "fixed") -> None:
    """Drop everything of one line at the carrier's side."""
    node, interface = act.carrier_end(act.uplink(site, link))
    act.drop(node, "prerouting", f'iifname "{interface}"')
    act.drop(node, "postrouting", f'oifname "{interface}"')
