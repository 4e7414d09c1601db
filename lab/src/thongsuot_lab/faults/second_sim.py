"""The modem switches to its second SIM, which belongs to another carrier."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.DEVICE


def apply(scope: FaultScope, *, site: str, link: str = "mobile") -> None:
    """Switch SIMs."""
    scope.behave(scope.uplink(site, link).cpe, sim=2)
