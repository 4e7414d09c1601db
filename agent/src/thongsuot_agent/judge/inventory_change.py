"""
The inventory changes: the memory continues, without targets that are no longer measured.

A target that was removed, or replaced by another under the same name, loses its history and its
verdicts. Everything else stays: a link with changed targets keeps its history, its learned times,
its faults.
"""

from thongsuot_agent.judge.keys import PointKey
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Memory, ServiceMemory
from thongsuot_agent.judge.site_probes import LinkProbes, SiteProbes
from thongsuot_agent.judge.symptoms.attribution import INTERCEPTED, RELATION
from thongsuot_agent.judge.symptoms.service_over_link import REQUEST


def forget_removed_targets(memory: Memory, before: SiteProbes, after: SiteProbes) -> None:
    """Remove from a memory the data of targets that were removed or replaced."""
    same = {target.name: target for target in before.inventory.targets}
    kept = {target.name for target in after.inventory.targets if same.get(target.name) == target}
    for name, link in memory.links.items():
        link_probes = after.links.get(name)
        if link_probes is not None:
            _forget_removed_on_link(link, link_probes, kept, memory.now_ns)
    for name in list(memory.services):
        if name not in kept or not _is_watched(name, after):
            del memory.services[name]
    for subject in list(memory.issued):
        if subject.service and subject.service not in memory.services:
            del memory.issued[subject]
    for link in memory.links.values():
        _clear_service_faults(link, memory)


def _forget_removed_on_link(
    link: LinkMemory, link_probes: LinkProbes, kept: set[str], now_ns: int
) -> None:
    for key, track in list(link.tracks.items()):
        if track.target not in kept or link_probes.point_of(track) is None:
            del link.tracks[key]
            # A round without the removed targets could be complete at once, and a link whose
            # anchors were just replaced be called up because its gateway answers: all targets are
            # probed again.
            link.round, link.burst_ns = None, now_ns
    for path in list(link.paths):
        if path.target not in kept or path.target not in link_probes.paths:
            del link.paths[path]


def _is_watched(service: str, site_probes: SiteProbes) -> bool:
    return any(
        PointKey(REQUEST, service) in link_probes.points
        for link_probes in site_probes.links.values()
    )


def _clear_service_faults(link: LinkMemory, memory: Memory) -> None:
    """End a link's faults that are based on services if none of these services is left."""
    slots = [
        slot
        for service in memory.services.values()
        if (slot := service.slots.get(link.name)) is not None
    ]
    if link.blocked_services.fault is not None and not any(_is_blocked(slot) for slot in slots):
        link.blocked_services, link.clear_ns = FaultSlot(), memory.now_ns
    if link.large_packets.fault is not None and not _has_tracks(link, memory.services):
        link.large_packets, link.clear_ns = FaultSlot(), memory.now_ns


def _is_blocked(slot: FaultSlot) -> bool:
    return slot.fault in {RELATION, INTERCEPTED}


def _has_tracks(link: LinkMemory, services: dict[str, ServiceMemory]) -> bool:
    return any(track.target in services for track in link.tracks.values())
