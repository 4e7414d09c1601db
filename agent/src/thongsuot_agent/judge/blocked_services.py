"""
Blocked services: services that other links reach, and what their failure over one link means for
that link.
"""

from collections.abc import Sequence

from thongsuot_agent.judge.diagnosis import Diagnosis, Suspicion
from thongsuot_agent.judge.hysteresis import confirm
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import FaultSlot
from thongsuot_agent.judge.symptoms.attribution import INTERCEPTED, RELATION
from thongsuot_agent.judge.symptoms.near_flows import locate_new_flows_lost
from thongsuot_agent.judge.symptoms.new_flows import are_new_flows_lost
from thongsuot_agent.judge.symptoms.own_queue import is_slowed
from thongsuot_agent.judge.symptoms.partial import PARTIAL_OUTAGE
from thongsuot_agent.judge.symptoms.service_over_link import networks_of, service_over_link
from thongsuot_agent.judge.tracks import SILENT_REASONS, STALLS
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

NO_SERVICE = Diagnosis(state=State.UNKNOWN, segment=None, symptom=Symptom.LINK_REACHES_NO_SERVICE)
"""A link over which no service works while another link reaches them is never ``up``."""
UNREACHED = SILENT_REASONS - STALLS
"""
A stalled transfer was connected, so the path exists. A service that is recovering at this moment
proves nothing (2026-11: pages that a LAN intercepted in turns no longer failed when they were
counted, and the carrier was notified of a partial outage).
"""
BLOCKED_NETWORKS = 2
"""Services in this many networks must time out over one link alone before its carrier is named."""


def judge_blocked(at: LinkContext) -> None:
    """
    Judge a link by the services that other links reach and it does not.

    If only one service fails, the fault may be at either end, and likewise if several are behind
    one firewall, or refuse: a refusal is an answer, not silence (a portal that reset one carrier's
    addresses was once reported as "2 of 2 links of the carrier failed together"). If services in
    two networks time out, the carrier is named. If no service works over the link, it is not
    ``up``, regardless of its echoes. A service that works in one family counts as working: browsers
    have both (2026-11: a portal with only IPv6 dead made a standby line count as one without any
    service). A slow link delays some traffic beyond the time limit: while it is slow, this
    judgement is not made.
    """
    if is_slowed(at):
        return
    blocked = [
        (service.name, slot)
        for service in at.memory.services.values()
        if (slot := service.slots.get(at.link.name)) is not None
        and slot.fault in {RELATION, INTERCEPTED}
        and not service_over_link(at, at.link, service.name).is_good
    ]
    fault = _blocked_fault(at, [name for name, _ in blocked])
    held = at.link.blocked_services
    if fault is not None and fault != held.fault:
        first = min((slot for _, slot in blocked), key=lambda slot: slot.onset_ns)
        suspicion = Suspicion(fault=fault, onset_ns=first.onset_ns, evidence=first.evidence)
        confirm(held, suspicion, suspicion.onset_ns)
    elif fault is None and held.fault is not None:
        at.link.clear_ns = at.now_ns
        at.link.blocked_services = FaultSlot()


def _blocked_fault(at: LinkContext, blocked: Sequence[str]) -> Diagnosis | None:
    if not blocked:
        return None
    networks: set[str] = set()
    for name in blocked:
        over = service_over_link(at, at.link, name)
        reasons = {track.reason for track in over.tracks.values() if track.failures}
        if reasons and reasons <= UNREACHED:
            networks |= networks_of(over)
    if len(networks) >= BLOCKED_NETWORKS and len(blocked) >= BLOCKED_NETWORKS:
        if not are_new_flows_lost(at):
            return PARTIAL_OUTAGE
        return locate_new_flows_lost(at, at.link.blocked_services.fault)
    if all(_believed_of(at, name) == INTERCEPTED for name in blocked):
        return INTERCEPTED
    others = (name for name in at.memory.services if name not in blocked)
    works = any(service_over_link(at, at.link, name).is_good for name in others)
    return None if works else NO_SERVICE


def _believed_of(at: LinkContext, service: str) -> Diagnosis | None:
    """Return the confirmed health of a service over a link."""
    slot = at.memory.services[service].slots.get(at.link.name)
    return None if slot is None else slot.fault
