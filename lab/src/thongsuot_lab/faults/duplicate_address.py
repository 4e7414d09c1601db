"""The site's client has taken the device's own address on the LAN, and keeps to it."""

from thongsuot_lab.errors import TopologyError
from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.LAN


def apply(act: FaultScope, *, site: str) -> None:
    """
    Give the client the device's address, which it then answers for and tells everyone again and
    again.
    """
    where = act.topology.site(site)
    if where.client is None:
        raise TopologyError(f"site {site!r} has no client that could take the address")
    fixed = next(end for end in act.topology.ends_of(where.device) if end.v4)
    address = fixed.v4[0]
    box = next(one.cpe for one in where.uplinks if one.interface == fixed.interface)
    # Healed, the box looks for the device anew instead of trusting the client for a minute more.
    act.ip(box, [], [f"neigh flush to {address.ip}"])
    act.ip(where.client, [f"addr replace {address} dev eth0"], [f"addr del {address} dev eth0"])
    act.announce(where.client, "eth0", str(address.ip))
