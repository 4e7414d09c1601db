"""The network refuses the SIM."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.ACCESS


def apply(scope: FaultScope, *, site: str, link: str = "mobile") -> None:
    """Refuse the SIM."""
    scope.behave(scope.uplink(site, link).cpe, registration="denied")
