"""
Whether the device's own traffic leaves by a link, since when, and the number of changes.

Measures    per family, whether the preferred default route of the main table leaves by the link;
            for how long; the number of changes since the agent started.
Failed      never: that another link carries the traffic is a value.
Unmeasured  the interface does not exist.
Source      the kernel's routing tables over netlink, updated as they change; of several default
            routes the one with the lowest metric counts, with all of its next hops.
Cost        nothing is sent.
"""

from dataclasses import dataclass

from thongsuot_agent.clock import NS_PER_S
from thongsuot_agent.links.link import LiveLink, boottime_ns
from thongsuot_agent.probing.contract import Probe, stateless
from thongsuot_schema.catalogue import failover as metrics
from thongsuot_schema.inventory.model import Target
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding, failed_finding, ok_finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A ``kind = "failover"`` entry has no settings."""


async def run(link: LiveLink, target: Target, family: Family, settings: Settings) -> Finding:
    """Return the state of the kernel's tables."""
    del target, family, settings
    state, carried = link.state, link.carried
    if not state.present:
        return failed_finding(
            Reason.INTERFACE_ABSENT, detail=f"no interface {link.spec.interface!r}"
        )
    return ok_finding(
        {
            metrics.ACTIVE4: state.carries4,
            metrics.ACTIVE6: state.carries6,
            metrics.SINCE: max(0, boottime_ns() - carried.since_ns) / NS_PER_S,
            metrics.CHANGES: carried.changes,
        }
    )


def _applies(target: Target) -> bool:
    del target
    return False


PROBE = Probe(
    settings=Settings,
    begin=stateless(run),
    applies=_applies,
    cost_bytes=lambda _target, _settings: 0,
    timeout_s=lambda _settings: 0.5,
    per_link=True,
)
