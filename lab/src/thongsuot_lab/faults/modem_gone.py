"""The modem is gone from the device: pulled out, or hung up."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.DEVICE


def apply(scope: FaultScope, *, site: str, link: str = "mobile") -> None:
    """Take it out."""
    scope.behave(scope.uplink(site, link).cpe, is_present=False)
