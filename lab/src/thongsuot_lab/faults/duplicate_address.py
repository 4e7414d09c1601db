"""The site's client has taken the device's own address on the LAN."""

from thongsuot_lab.act import Act
from thongsuot_lab.errors import TopologyError
from thongsuot_lab.spaces.announce import announce
from thongsuot_schema.segment import Segment

SEGMENT = Segment.LAN


def apply(act: Act, *, site: str) -> None:
    """Give the client the device's address, and let it say so to everyone."""
    where = act.topology.site(site)
    if where.client is None:
        raise TopologyError(f"site {site!r} has no client that could take the address")
    fixed = next(end for end in act.topology.ends_of(where.device) if end.v4)
    address = fixed.v4[0]
    act.ip(where.client, [f"addr replace {address} dev eth0"], [f"addr del {address} dev eth0"])
    announce(act.lab.node(where.client).network, "eth0", str(address.ip))
