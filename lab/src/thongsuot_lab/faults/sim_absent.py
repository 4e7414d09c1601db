"""There is no SIM in the modem."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.DEVICE


def apply(scope: FaultScope, *, site: str, link: str = "mobile") -> None:
    """Remove the SIM."""
    scope.behave(scope.uplink(site, link).cpe, sim_state="absent")
