"""The SIM asks for its PIN, which is not the one that the device has."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.DEVICE


def apply(scope: FaultScope, *, site: str, link: str = "mobile") -> None:
    """Lock it."""
    scope.behave(scope.uplink(site, link).cpe, sim_state="locked")
