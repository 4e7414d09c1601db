"""The network ends the bearer; the modem stays registered."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.ACCESS


def apply(scope: FaultScope, *, site: str, link: str = "mobile") -> None:
    """Drop it."""
    scope.behave(scope.uplink(site, link).cpe, has_bearer=False)
