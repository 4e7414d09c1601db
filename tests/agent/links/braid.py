"""A way with two equal middles, between which a router spreads its flows."""

from thongsuot_lab.topology.builder import TopologyBuilder, wire_end
from thongsuot_lab.topology.model import NodeRole, Topology

TARGET4, TARGET6 = "198.51.100.10", "2001:db8:90::10"
LEFT = ("10.1.0.2", "2001:db8:11::2")
RIGHT = ("10.2.0.2", "2001:db8:12::2")


def braid() -> Topology:
    """``device`` - ``first`` - (``left`` or ``right``) - ``last`` - ``target``."""
    draft = TopologyBuilder()
    draft.host("device", role=NodeRole.DEVICE, uplinks=("eth0",))
    for name in ("first", "left", "right", "last"):
        draft.router(name)
    draft.host("target", role=NodeRole.ANCHOR)
    draft.wire(
        wire_end("device:eth0", "100.64.0.2/24", "2001:db8:10::2/64"),
        wire_end("first:out", "100.64.0.1/24", "2001:db8:10::1/64"),
    )
    draft.wire(
        wire_end("first:west", "10.1.0.1/24", "2001:db8:11::1/64"),
        wire_end("left:in", f"{LEFT[0]}/24", f"{LEFT[1]}/64"),
    )
    draft.wire(
        wire_end("first:east", "10.2.0.1/24", "2001:db8:12::1/64"),
        wire_end("right:in", f"{RIGHT[0]}/24", f"{RIGHT[1]}/64"),
    )
    draft.wire(
        wire_end("left:out", "10.3.0.1/24", "2001:db8:13::1/64"),
        wire_end("last:west", "10.3.0.2/24", "2001:db8:13::2/64"),
    )
    draft.wire(
        wire_end("right:out", "10.4.0.1/24", "2001:db8:14::1/64"),
        wire_end("last:east", "10.4.0.2/24", "2001:db8:14::2/64"),
    )
    draft.wire(
        wire_end("last:far", "198.51.100.1/24", "2001:db8:90::1/64"),
        wire_end("target:eth0", f"{TARGET4}/24", f"{TARGET6}/64"),
    )
    return draft.build()


SPREAD = (
    f"route replace 198.51.100.0/24 nexthop via {LEFT[0]} nexthop via {RIGHT[0]}",
    f"route replace 2001:db8:90::/64 nexthop via {LEFT[1]} nexthop via {RIGHT[1]}",
)
"""What ``first`` has to be told to spread flows over both."""
