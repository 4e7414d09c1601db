"""
Site: verdicts on a service through each link, and for the site over whichever link reaches it.
"""

from collections.abc import Sequence

from thongsuot_agent.judge.fault import Fault
from thongsuot_agent.judge.memory import LinkMemory, Memory, ServiceMemory, Slot
from thongsuot_agent.judge.plan import Plan
from thongsuot_agent.judge.symptoms.expiry import expiring
from thongsuot_agent.judge.symptoms.services import REQUEST, through
from thongsuot_agent.judge.verdicts import UNKNOWN, give
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import VerdictChange

_WORST = (State.DOWN, State.DEGRADED, State.UNKNOWN, State.UP)


def judge_service(
    memory: Memory, service: ServiceMemory, plan: Plan, certificate_days: float
) -> tuple[VerdictChange, ...]:
    """Give the verdicts on one service; returns those that say something new."""
    changes: list[VerdictChange] = []
    reaching: list[Slot] = []
    cut_off: list[Slot] = []
    is_complete = True
    expiry = expiring(memory, service, certificate_days)
    for name, watch in plan.watches.items():
        link = memory.links.get(name)
        if link is None or f"{REQUEST} {service.name}" not in watch.posts:
            continue
        slot = through(link)
        if slot is not None:
            cut_off.append(slot)
        else:
            slot = _believed(link, service)
            if slot is None:
                is_complete = False
                continue
            if slot.fault is None and expiry is not None:
                slot = expiry
            reaching.append(slot)
        changes.extend(give(memory, name, service.name, slot))
    for_site = _for_site(reaching, cut_off)
    # What no link reaches may yet be reached by the one over which it was not measured so far.
    if for_site is not None and (reaching or is_complete):
        changes.extend(give(memory, "", service.name, for_site))
    return tuple(changes)


def _believed(link: LinkMemory, service: ServiceMemory) -> Slot | None:
    """Return what is believed of a service over a usable link; ``None`` before it was measured."""
    slot = service.slots.get(link.name)
    if slot is None or slot.fault is not None:
        return slot
    # It is up since it worked, and since the link does.
    return Slot(onset_ns=max(slot.onset_ns, link.clear_ns), evidence=slot.evidence)


def _for_site(reaching: Sequence[Slot], cut_off: Sequence[Slot]) -> Slot | None:
    """
    Return what a service is for the site.

    Links that are out do not count while another reaches it. Over no link: what is wrong with the
    first of them. What the portal itself does wrong over one link alone leaves it degraded.
    """
    if not reaching:
        return _worst(cut_off)
    known = [s for s in reaching if s.fault is None or s.fault.state is not State.UNKNOWN]
    if not known:
        return reaching[0]
    if any(slot.fault is None for slot in known):
        # Reached over one link, it does not matter what is wrong with the way over another.
        known = [s for s in known if s.fault is None or s.fault.segment is Segment.SERVICE]
    faulty = [slot for slot in known if slot.fault is not None]
    if not faulty:
        return max(known, key=lambda slot: slot.onset_ns)
    worst = _worst(faulty)
    assert worst is not None, "there is a faulty one"
    fault = worst.fault
    assert fault is not None, "and it has a fault"
    works = len(faulty) < len(known) or any(
        s.fault is not None and s.fault.state is State.DEGRADED for s in faulty
    )
    if fault.state is State.DOWN and works:
        fault = Fault(state=State.DEGRADED, segment=fault.segment, symptom=fault.symptom)
        return Slot(fault=fault, onset_ns=worst.onset_ns, evidence=worst.evidence)
    return worst


def _worst(slots: Sequence[Slot]) -> Slot | None:
    """Return the first of the worst slots: the portal's own fault before the way's."""

    def badness(slot: Slot) -> tuple[int, bool]:
        fault = slot.fault or UNKNOWN
        return _WORST.index(fault.state), fault.segment is not Segment.SERVICE

    return min(slots, key=badness, default=None)
