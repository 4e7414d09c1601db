"""
Replan: the memory goes on under another plan, without what is not measured any more.

A target that is gone, or is another one under the same name, takes with it what was known of it and
what was said of it. All else stays: a link whose targets change keeps its history, its learned
times, its faults.
"""

from thongsuot_agent.judge.memory import LinkMemory, Memory, ServiceMemory, Slot
from thongsuot_agent.judge.plan import Plan, Watch
from thongsuot_agent.judge.services import BLOCKED
from thongsuot_agent.judge.symptoms.services import REQUEST
from thongsuot_schema.segment import Segment


def forget(memory: Memory, before: Plan, after: Plan) -> None:
    """Take out of a memory what was known under one plan and means nothing under another."""
    same = {target.name: target for target in before.draft.targets}
    kept = {target.name for target in after.draft.targets if same.get(target.name) == target}
    for name, link in memory.links.items():
        watch = after.watches.get(name)
        if watch is not None:
            _forget_on_link(link, watch, kept, memory.now_ns)
    for name in list(memory.services):
        if name not in kept or not _is_watched(name, after):
            del memory.services[name]
    for subject, given in list(memory.given.items()):
        service = given.verdict.service
        if service and service not in memory.services:
            del memory.given[subject]
    for link in memory.links.values():
        _clear(link, memory)


def _forget_on_link(link: LinkMemory, watch: Watch, kept: set[str], now_ns: int) -> None:
    for key, track in list(link.tracks.items()):
        if track.target not in kept or f"{track.kind} {track.target}" not in watch.posts:
            del link.tracks[key]
            # A round without those that are gone could be over at once, and a link whose anchors
            # were just exchanged be called well because its gateway answers: all are asked anew.
            link.round, link.burst_ns = None, now_ns
    for key in list(link.paths):
        target = key.rpartition(" ")[0]
        if target not in kept or target not in watch.paths:
            del link.paths[key]


def _is_watched(service: str, plan: Plan) -> bool:
    return any(f"{REQUEST} {service}" in watch.posts for watch in plan.watches.values())


def _clear(link: LinkMemory, memory: Memory) -> None:
    """End what is held against a link because of services, where none of them is left."""
    slots = [
        slot for one in memory.services.values() if (slot := one.slots.get(link.name)) is not None
    ]
    if link.blocked.fault is not None and not any(_is_blocked(slot) for slot in slots):
        link.blocked, link.clear_ns = Slot(), memory.now_ns
    if link.packets.fault is not None and not _has_tracks(link, memory.services):
        link.packets, link.clear_ns = Slot(), memory.now_ns


def _is_blocked(slot: Slot) -> bool:
    fault = slot.fault
    return fault is not None and fault.segment is Segment.CARRIER and fault.symptom in BLOCKED


def _has_tracks(link: LinkMemory, services: dict[str, ServiceMemory]) -> bool:
    return any(track.target in services for track in link.tracks.values())
