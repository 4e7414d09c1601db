"""The SIM asks for its PIN, and the device has a wrong one."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.DEVICE


def apply(scope: FaultScope, *, site: str, link: str = "mobile") -> None:
    """Lock the SIM."""
    scope.behave(scope.uplink(site, link).cpe, sim_state="locked")
