"""Large packets vanish on the line without an ICMP error: TCP connects, TLS stalls."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.ACCESS


def apply(
    scope: FaultScope, *, site: str, link: str = "fixed", largest_bytes: float = 1400
) -> None:
    """Drop every packet of one line that is larger than this."""
    node, interface = scope.carrier_end(scope.uplink(site, link))
    for side in ("iifname", "oifname"):
        scope.drop(node, "forward", f'{side} "{interface}" meta length > {largest_bytes:.0f}')
