"""A carrier's core is dead for one line: its first hop answers, nothing behind it does."""

from thongsuot_lab.fault_scope import FaultScope
from thongsuot_schema.segment import Segment

SEGMENT = Segment.CARRIER


def apply(scope: FaultScope, *, site: str, link: str = "fixed") -> None:
    """Drop everything that comes from one link's line in the core of its carrier."""
    uplink = scope.uplink(site, link)
    core = scope.topology.carrier(uplink.carrier).core
    for network in scope.networks_behind(uplink):
        words = "ip6 saddr" if network.version == 6 else "ip saddr"
        scope.drop(core, "prerouting", f"{words} {network}")
