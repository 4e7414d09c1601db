"""
Verdicts: from the faults that are believed to the one that explains the others, and what has
changed.
"""

from thongsuot_agent.judge.comparison import is_outage
from thongsuot_agent.judge.fault import Fault
from thongsuot_agent.judge.memory import Given, LinkMemory, Memory, Slot
from thongsuot_agent.judge.plan import RANK
from thongsuot_agent.judge.symptoms.flapping import flapping
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom, Verdict, VerdictChange

UNKNOWN = Fault(state=State.UNKNOWN, segment=None, symptom=Symptom.NOT_YET_MEASURED)
STARVED = Fault(state=State.UNKNOWN, segment=None, symptom=Symptom.DEVICE_STARVED)


def link_slot(link: LinkMemory) -> Slot | None:
    """
    Return the slot whose fault stands for the link; ``None`` when nothing is wrong.

    An outage hides everything else, flapping hides the outages it is made of. Of what is only
    degraded, the lowest rung comes first: the higher symptoms may follow from it.
    """
    if link.facts_slot.fault is not None and link.facts_slot.fault.state is State.DOWN:
        return _or_flapping(link, link.facts_slot)
    if is_outage(link.silence.fault):
        return _or_flapping(link, link.silence)
    flap = flapping(link.flaps)
    if flap is not None:
        return Slot(fault=flap, onset_ns=link.flaps.starts[0], evidence=link.silence.evidence)
    slots = (
        link.facts_slot,
        link.silence,
        link.loss_slot,
        link.packets,
        link.slow,
        link.resolver,
    )
    return min((s for s in slots if s.fault is not None), key=_height, default=None)


def _or_flapping(link: LinkMemory, slot: Slot) -> Slot:
    flap = flapping(link.flaps)
    if flap is None:
        return slot
    return Slot(fault=flap, onset_ns=link.flaps.starts[0], evidence=slot.evidence)


def _height(slot: Slot) -> int:
    assert slot.fault is not None, "slots without a fault were left out"
    return RANK[slot.fault.segment] if slot.fault.segment is not None else -1


def judge_link(memory: Memory, link: LinkMemory) -> VerdictChange | None:
    """Give a verdict on a link; returns the change, ``None`` when it says what was said last."""
    if not link.known:
        if link.is_held:
            return None
        is_starved = link.starved_ns is not None and link.starved_ns >= (link.heard_ns or 0)
        fault = STARVED if is_starved else UNKNOWN
        onset_ns = link.heard_ns if link.heard_ns is not None else memory.now_ns
        return give(memory, link.name, "", Slot(fault=fault, onset_ns=onset_ns))
    slot = link_slot(link)
    if slot is None:
        slot = Slot(onset_ns=link.clear_ns, evidence=link.clear_evidence)
    return give(memory, link.name, "", slot)


def give(memory: Memory, link: str, service: str, slot: Slot) -> VerdictChange | None:
    """
    Note what is said of a subject; returns the change, ``None`` when it says what was said last.
    """
    verdict = _verdict(link, service, slot.fault, slot.evidence)
    subject = f"{link}/{service}"
    given = memory.given.get(subject)
    before = State.UNKNOWN if given is None else given.verdict.state
    if given is None and verdict.symptom is Symptom.NOT_YET_MEASURED:
        return None
    if given is not None and _says(given.verdict) == _says(verdict):
        return None
    onset_ns = min(slot.onset_ns, memory.now_ns)
    memory.given[subject] = Given(verdict=verdict, onset_ns=onset_ns)
    return VerdictChange(
        verdict=verdict,
        before=before,
        onset_boottime_ns=onset_ns,
        decided_boottime_ns=memory.now_ns,
    )


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


def _says(verdict: Verdict) -> tuple[State, object, Symptom]:
    return verdict.state, verdict.segment, verdict.symptom
