"""
Verdicts: select the confirmed fault that explains the others, and report changes.
"""

from thongsuot_agent.judge.comparison import is_outage
from thongsuot_agent.judge.diagnosis import Diagnosis
from thongsuot_agent.judge.keys import SubjectKey
from thongsuot_agent.judge.link_context import LinkContext
from thongsuot_agent.judge.memory import FaultSlot, IssuedVerdict, LinkMemory, Memory
from thongsuot_agent.judge.site_probes import RANK
from thongsuot_agent.judge.symptoms.equipment import explain_by_equipment
from thongsuot_agent.judge.symptoms.flapping import flapping_diagnosis
from thongsuot_agent.judge.symptoms.identity import MOVED, is_moved, moved_ns, without_a_name
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom, Verdict, VerdictChange

UNKNOWN = Diagnosis(state=State.UNKNOWN, segment=None, symptom=Symptom.NOT_YET_MEASURED)
OVERLOADED = Diagnosis(state=State.UNKNOWN, segment=None, symptom=Symptom.DEVICE_OVERLOADED)


ELSEWHERE = Diagnosis(state=State.UNKNOWN, segment=None, symptom=Symptom.EGRESS_OTHER_CARRIER)
FILTERED = Diagnosis(state=State.UNKNOWN, segment=None, symptom=Symptom.DEVICE_FILTERS_ANSWERS)
_FAULTY = frozenset({State.DOWN, State.DEGRADED})


def link_slot(link: LinkMemory) -> FaultSlot | None:
    """Return the fault of a link, with the data of its equipment about it."""
    slot = _slot_by_packets(link)
    return None if slot is None else without_a_name(link, explain_by_equipment(link, slot))


def _slot_by_packets(link: LinkMemory) -> FaultSlot | None:
    """
    Return the slot whose fault represents the link; ``None`` if there is no fault.

    An outage hides everything else, flapping hides its outages. Of degradations, the lowest rung
    comes first, because the higher symptoms may follow from it; on one rung, in the order of
    ``_degraded``.
    """
    for slot in (link.facts_slot, link.silence):
        if is_outage(slot.fault):
            return _flap_slot(link, slot) or slot
    flap = _flap_slot(link, link.silence)
    if flap is not None:
        return flap
    faulty = [slot for slot in _degraded(link) if slot.fault is not None]
    return min(faulty, key=_rung_rank) if faulty else None


def judge_link(at: LinkContext) -> tuple[VerdictChange, ...]:
    """Judge a link; returns the verdict's change, if any."""
    link = at.link
    if not link.known:
        issued = at.memory.issued.get(SubjectKey(link.name, ""))
        is_news = bool(link.egress.others) and (
            issued is None or issued.verdict.symptom is not ELSEWHERE.symptom
        )
        if issued is not None and issued.state is State.UNKNOWN and not is_news:
            # While it is unknown, the former reason stays, until something is known again.
            return ()
        return issue_verdict(at.memory, link.name, "", unknown_slot(link, at.now_ns))
    slot = link_slot(link)
    if slot is None and is_moved(link):
        slot = FaultSlot(fault=MOVED, onset_ns=moved_ns(link))
    if slot is None:
        issued = at.memory.issued.get(SubjectKey(link.name, ""))
        if issued is not None and issued.state is State.UP:
            return ()
        slot = FaultSlot(onset_ns=link.clear_ns, evidence=link.clear_evidence)
    return issue_verdict(at.memory, link.name, "", slot)


def is_at_rest(at: LinkContext) -> bool:
    """
    Return whether a link has no fault, no suspicion, no open probe and no pending work.

    Then an event that fits changes no verdict and requests nothing: most events of any day. Credit
    for more probes that is earned meanwhile is added by the first event after it.
    """
    link, loss_test = at.link, at.link.loss_test
    if link.round is not None or link.burst_ns is not None or not link.known:
        return False
    if loss_test.cusum_up or link.carried_test.cusum_up or loss_test.is_dense_probing:
        return False
    if link.flap_state.active or is_moved(link) or link.pace_test.begun_ns is not None:
        return False
    issued = at.memory.issued.get(SubjectKey(link.name, ""))
    if issued is None or issued.state is not State.UP:
        return False
    # A list, not a generator: this is asked for each result and each second.
    return not [slot for slot in _degraded(link) if slot.fault is not None]


def unknown_slot(link: LinkMemory, now_ns: int) -> FaultSlot:
    """Return the slot of a link about which nothing is known, since it was last measured."""
    is_starved = link.starved_ns is not None and link.starved_ns >= (link.heard_ns or 0)
    onset_ns = link.heard_ns if link.heard_ns is not None else now_ns
    if link.egress.others:
        return FaultSlot(fault=ELSEWHERE, onset_ns=link.egress.since_ns)
    if link.facts is not None and link.facts.reverse_filtered:
        return FaultSlot(fault=FILTERED, onset_ns=onset_ns)
    return FaultSlot(fault=OVERLOADED if is_starved else UNKNOWN, onset_ns=onset_ns)


def issue_verdict(
    memory: Memory, link: str, service: str, slot: FaultSlot
) -> tuple[VerdictChange, ...]:
    """Store the verdict on a subject; returns the change, if any."""
    subject = SubjectKey(link, service)
    fault, issued = slot.fault, memory.issued.get(subject)
    if issued is None:
        if fault == UNKNOWN:
            return ()
    elif _is_already_issued(issued.verdict, fault):
        return ()
    verdict = _verdict(link, service, fault, slot.evidence)
    onset_ns = min(max(slot.onset_ns, _earliest_onset_ns(issued, verdict)), memory.now_ns)
    memory.issued[subject] = IssuedVerdict(
        verdict=verdict, onset_ns=onset_ns, decided_ns=memory.now_ns
    )
    change = VerdictChange(
        verdict=verdict,
        before=State.UNKNOWN if issued is None else issued.state,
        onset_boottime_ns=onset_ns,
        decided_boottime_ns=memory.now_ns,
    )
    return (change,)


def _earliest_onset_ns(issued: IssuedVerdict | None, verdict: Verdict) -> int:
    """
    Return the earliest onset of a verdict that follows another: history is never rewritten.

    A more precise fault (another rung, another cause) may go back to the start of the fault that it
    replaces. The end of a fault, a new fault, or the loss of all knowledge begins at the earliest
    when the previous verdict was issued: until then that verdict applied, and was right. Case:
    after a cable was out, no run had failed (none could be sent), so the first answer since the
    last silence was one from before the outage, and the record showed an unbroken ``up``.
    """
    if issued is None:
        return 0
    is_fault = verdict.state in _FAULTY and issued.verdict.symptom is not Symptom.NONE
    return issued.onset_ns if is_fault else issued.decided_ns


def _degraded(link: LinkMemory) -> tuple[FaultSlot, ...]:
    return (
        link.facts_slot,
        link.silence,
        link.large_packets,
        link.loss_fault,
        link.carried_fault,
        link.slow,
        link.resolver,
        link.blocked_services,
    )


def _flap_slot(link: LinkMemory, slot: FaultSlot) -> FaultSlot | None:
    flap = flapping_diagnosis(link.flap_state)
    if flap is None:
        return None
    return FaultSlot(fault=flap, onset_ns=link.flap_state.starts[0], evidence=slot.evidence)


def _rung_rank(slot: FaultSlot) -> int:
    assert slot.fault is not None, "slots without a fault were left out"
    # A fault without a party explains nothing: every fault with a location comes first.
    return len(RANK) if slot.fault.segment is None else RANK[slot.fault.segment]


def _verdict(
    link: str, service: str, fault: Diagnosis | None, evidence: tuple[Evidence, ...]
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


def _is_already_issued(verdict: Verdict, fault: Diagnosis | None) -> bool:
    if fault is None:
        return verdict.state is State.UP
    triple = (verdict.state, verdict.segment, verdict.symptom)
    return triple == (fault.state, fault.segment, fault.symptom)
