"""The modem goes over to its second SIM, which is another carrier's."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.DEVICE


def apply(scope: FaultScope, *, site: str, link: str = "mobile") -> None:
    """Change SIMs."""
    scope.behave(scope.uplink(site, link).cpe, sim=2)
