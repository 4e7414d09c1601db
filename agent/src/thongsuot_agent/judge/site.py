"""
Site: verdicts on a service through each link, and for the site over any link that reaches it.
"""

from collections.abc import Sequence

from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.keys import PointKey
from thongsuot_agent.judge.memory import FaultSlot, LinkMemory, Memory, ServiceMemory
from thongsuot_agent.judge.site_probes import SiteProbes
from thongsuot_agent.judge.symptoms.expiry import expiring_slot
from thongsuot_agent.judge.symptoms.service_over_link import REQUEST
from thongsuot_agent.judge.symptoms.services import link_slot_for_services
from thongsuot_agent.judge.verdicts import UNKNOWN, issue_verdict
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import VerdictChange

_WORST = (State.DOWN, State.DEGRADED, State.UNKNOWN, State.UP)


def judge_service(
    memory: Memory, service: ServiceMemory, site_probes: SiteProbes, certificate_days: float
) -> tuple[VerdictChange, ...]:
    """Judge one service; returns the changed verdicts."""
    changes: list[VerdictChange] = []
    reaching: list[FaultSlot] = []
    cut_off: list[FaultSlot] = []
    is_complete = True
    expiry = expiring_slot(memory, service, certificate_days)
    for name, link_probes in site_probes.links.items():
        link = memory.links.get(name)
        if link is None or PointKey(REQUEST, service.name) not in link_probes.points:
            continue
        slot = link_slot_for_services(link)
        if slot is not None:
            cut_off.append(slot)
        else:
            slot = _slot_over_link(link, service)
            if slot is None:
                is_complete = False
                continue
            if slot.fault is None and expiry is not None:
                slot = expiry
            reaching.append(slot)
        changes.extend(issue_verdict(memory, name, service.name, slot))
    for_site = _slot_for_site(reaching, cut_off)
    # A service that no link reaches may still be reachable over a link on which it was not measured
    # yet.
    if for_site is not None and (reaching or is_complete):
        changes.extend(issue_verdict(memory, "", service.name, for_site))
    return tuple(changes)


def _slot_over_link(link: LinkMemory, service: ServiceMemory) -> FaultSlot | None:
    """
    Return the confirmed health of a service over a usable link; ``None`` before it was measured.
    """
    slot = service.slots.get(link.name)
    if slot is None or slot.fault is not None:
        return slot
    # It is up since both the service and the link work.
    return FaultSlot(onset_ns=max(slot.onset_ns, link.clear_ns), evidence=slot.evidence)


def _slot_for_site(reaching: Sequence[FaultSlot], cut_off: Sequence[FaultSlot]) -> FaultSlot | None:
    """
    Return the health of a service for the site.

    Links that are out are ignored while another reaches it. If none reaches it, the fault of the
    first link counts. A fault of the portal itself that shows over one link only makes it degraded.
    """
    if not reaching:
        return _worst_slot(cut_off)
    known = [s for s in reaching if s.fault is None or s.fault.state is not State.UNKNOWN]
    if not known:
        return reaching[0]
    if any(slot.fault is None for slot in known):
        # If it is reached over one link, faults of the path over another do not matter.
        known = [s for s in known if s.fault is None or s.fault.segment is Segment.SERVICE]
    faulty = [slot for slot in known if slot.fault is not None]
    if not faulty:
        return max(known, key=lambda slot: slot.onset_ns)
    worst = _worst_slot(faulty)
    assert worst is not None, "there is a faulty one"
    fault = worst.fault
    assert fault is not None, "and it has a fault"
    works = len(faulty) < len(known) or any(
        s.fault is not None and s.fault.state is State.DEGRADED for s in faulty
    )
    if fault.state is State.DOWN and works:
        fault = Diagnosis(state=State.DEGRADED, segment=fault.segment, symptom=fault.symptom)
        return FaultSlot(fault=fault, onset_ns=worst.onset_ns, evidence=worst.evidence)
    return worst


def _worst_slot(slots: Sequence[FaultSlot]) -> FaultSlot | None:
    """Return the first of the worst slots: the portal's own fault before that of the path."""

    def badness(slot: FaultSlot) -> tuple[int, bool]:
        fault = slot.fault or UNKNOWN
        return _WORST.index(fault.state), fault.segment is not Segment.SERVICE

    return min(slots, key=badness, default=None)
