"""The site's client has taken the device's own address on the LAN, and keeps it."""

from thongsuot_lab.errors import TopologyError
from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.LAN


def apply(scope: FaultScope, *, site: str) -> None:
    """
    Give the client the device's address; the client then answers ARP for it and announces it
    repeatedly.
    """
    premises = scope.topology.site(site)
    if premises.client is None:
        raise TopologyError(f"site {site!r} has no client that could take the address")
    fixed = next(end for end in scope.topology.ends_of(premises.device) if end.v4)
    address = fixed.v4[0]
    box = next(uplink.cpe for uplink in premises.uplinks if uplink.interface == fixed.interface)
    # After the fault, make the box resolve the device again instead of using the stale entry for a
    # minute.
    scope.ip(box, [], [f"neigh flush to {address.ip}"])
    scope.ip(
        premises.client, [f"addr replace {address} dev eth0"], [f"addr del {address} dev eth0"]
    )
    scope.announce(premises.client, "eth0", str(address.ip))
