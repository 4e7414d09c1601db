"""One address family is dead on the line, the other is fine."""

from thongsuot_lab.errors import TopologyError
from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.ACCESS


def apply(scope: FaultScope, *, site: str, link: str = "fixed", family: str = "v6") -> None:
    """Drop one family of one line at the carrier's side."""
    if family not in ("v4", "v6"):
        raise TopologyError(f"a family is v4 or v6, not {family!r}")
    node, interface = scope.carrier_end(scope.uplink(site, link))
    protocol = "ipv4" if family == "v4" else "ipv6"
    scope.drop(node, "prerouting", f'iifname "{interface}" meta nfproto {protocol}')
    scope.drop(node, "postrouting", f'oifname "{interface}" meta nfproto {protocol}')
