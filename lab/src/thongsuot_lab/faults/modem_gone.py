"""The modem is gone from the device: unplugged, or hung."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.DEVICE


def apply(scope: FaultScope, *, site: str, link: str = "mobile") -> None:
    """Remove the modem."""
    scope.behave(scope.uplink(site, link).cpe, is_present=False)
