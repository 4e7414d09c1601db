"""
Verdicts: from the faults that are believed to the one that explains the others, and what changed.
"""

from thongsuot_agent.judge.comparison import is_outage
from thongsuot_agent.judge.fault import Fault
from thongsuot_agent.judge.memory import Given, LinkMemory, Memory, Slot
from thongsuot_agent.judge.plan import RANK
from thongsuot_agent.judge.stand import Stand
from thongsuot_agent.judge.symptoms.equipment import explained
from thongsuot_agent.judge.symptoms.flapping import flapping
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom, Verdict, VerdictChange

UNKNOWN = Fault(state=State.UNKNOWN, segment=None, symptom=Symptom.NOT_YET_MEASURED)
STARVED = Fault(state=State.UNKNOWN, segment=None, symptom=Symptom.DEVICE_STARVED)


def link_slot(link: LinkMemory) -> Slot | None:
    """Return what is wrong with a link, with what its equipment says of it."""
    slot = _bare_slot(link)
    return None if slot is None else explained(link, slot)


def _bare_slot(link: LinkMemory) -> Slot | None:
    """
    Return the slot whose fault stands for the link; ``None`` when nothing is wrong.

    An outage hides everything else, flapping hides the outages it is made of. Of what is only
    degraded, the lowest rung comes first, since the higher symptoms may follow from it; on one
    rung, in the order of ``_degraded``.
    """
    for slot in (link.facts_slot, link.silence):
        if is_outage(slot.fault):
            return _flap_slot(link, slot) or slot
    flap = _flap_slot(link, link.silence)
    if flap is not None:
        return flap
    return min((s for s in _degraded(link) if s.fault is not None), key=_height, default=None)


def judge_link(at: Stand) -> tuple[VerdictChange, ...]:
    """Give a verdict on a link; returns the change, if it says something new."""
    link = at.link
    if not link.known:
        given = at.memory.given.get(f"{link.name}/")
        if given is not None and given.state is State.UNKNOWN:
            # Why it is unknown stays as it was said, until something is known again.
            return ()
        return give(at.memory, link.name, "", unknown(link, at.now_ns))
    slot = link_slot(link)
    if slot is None:
        slot = Slot(onset_ns=link.clear_ns, evidence=link.clear_evidence)
    return give(at.memory, link.name, "", slot)


def unknown(link: LinkMemory, now_ns: int) -> Slot:
    """Return what is said of a link of which nothing is known, since it was last measured."""
    is_starved = link.starved_ns is not None and link.starved_ns >= (link.heard_ns or 0)
    onset_ns = link.heard_ns if link.heard_ns is not None else now_ns
    return Slot(fault=STARVED if is_starved else UNKNOWN, onset_ns=onset_ns)


def give(memory: Memory, link: str, service: str, slot: Slot) -> tuple[VerdictChange, ...]:
    """Note what is said of a subject; returns the change, if it says something new."""
    subject = f"{link}/{service}"
    fault, given = slot.fault, memory.given.get(subject)
    if given is None:
        if fault == UNKNOWN:
            return ()
    elif _is_said(given.verdict, fault):
        return ()
    verdict = _verdict(link, service, fault, slot.evidence)
    onset_ns = min(slot.onset_ns, memory.now_ns)
    memory.given[subject] = Given(verdict=verdict, onset_ns=onset_ns)
    change = VerdictChange(
        verdict=verdict,
        before=State.UNKNOWN if given is None else given.state,
        onset_boottime_ns=onset_ns,
        decided_boottime_ns=memory.now_ns,
    )
    return (change,)


def _degraded(link: LinkMemory) -> tuple[Slot, ...]:
    return (
        link.facts_slot,
        link.silence,
        link.packets,
        link.loss_slot,
        link.slow,
        link.resolver,
        link.blocked,
    )


def _flap_slot(link: LinkMemory, slot: Slot) -> Slot | None:
    flap = flapping(link.flaps)
    if flap is None:
        return None
    return Slot(fault=flap, onset_ns=link.flaps.starts[0], evidence=slot.evidence)


def _height(slot: Slot) -> int:
    assert slot.fault is not None, "slots without a fault were left out"
    assert slot.fault.segment is not None, "only an outage may be nobody's fault yet"
    return RANK[slot.fault.segment]


def _verdict(
    link: str, service: str, fault: Fault | None, evidence: tuple[Evidence, ...]
) -> Verdict:
    if fault is None:
        return Verdict(link=link, service=service, state=State.UP, evidence=evidence)
    return Verdict(
        link=link,
        service=service,
        state=fault.state,
        segment=fault.segment,
        symptom=fault.symptom,
        evidence=evidence,
    )


def _is_said(verdict: Verdict, fault: Fault | None) -> bool:
    if fault is None:
        return verdict.state is State.UP
    said = (verdict.state, verdict.segment, verdict.symptom)
    return said == (fault.state, fault.segment, fault.symptom)
