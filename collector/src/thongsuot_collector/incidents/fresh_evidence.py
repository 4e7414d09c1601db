"""
Fresh evidence: whether what shows a fault has failed again since; asked before a party is notified.

A device sends a verdict once, and takes it back when it has measured enough that is good: over a
metered line that is minutes later. Until then a verdict may be about what is over already.
"""

from collections.abc import Mapping
from itertools import pairwise

from thongsuot_collector.incidents.fault import NS_PER_S, Fault, FaultPhase
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.observation import ProbeName
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.segment import LADDER
from thongsuot_schema.verdict import Symptom

ASK_AGAIN_NS = 3 * NS_PER_S
"""Batches come every 15 s, and at once with a verdict."""

_LOSS_SYMPTOMS = frozenset(
    {Symptom.LAN_LOSS, Symptom.ACCESS_LOSS, Symptom.CARRIER_LOSS, Symptom.TRANSIT_LOSS}
)
_SEVERAL = 2
_TOGETHER_NS = 30 * NS_PER_S
"""A line that loses one echo in fifty shows that with two of its targets within this time."""
_BEFORE_NS = 60 * NS_PER_S
"""A loss of which no run failed in the minute before it was known shows in no failures at all."""


def is_fresh_evidence_awaited(registry: IncidentRegistry, incident: Incident) -> bool:
    """
    Return whether an incident that is due has to wait until what shows it has failed again.

    What outlives a larger incident is the end of that one, until a run has failed after it
    (2026-12: a metered line without a lookup for four minutes was reported as a name server that
    had been well for a hundred seconds). And a loss may end while it is held back: a line that
    loses one packet in five shows that by its next failures, and one good run does not refute it.
    """
    members = [
        fault
        for member in incident.members
        for name in member.fault_ids
        if (fault := registry.faults.get(name)) is not None and fault.is_ongoing
    ]
    from_ns, settings = incident.hold_off.from_ns, registry.settings
    held_ns = registry.network_state.now_ns - from_ns
    if from_ns == incident.released_ns:
        is_late = held_ns >= round(settings.presume_s * NS_PER_S)
        return (
            bool(members)
            and not is_late
            and all(_is_unrepeated(registry, fault, from_ns) for fault in members)
        )
    if len(members) != 1 or incident.symptom not in _LOSS_SYMPTOMS:
        return False
    is_late = held_ns >= round((incident.hold_off.hold_s + settings.loss_hold_s) * NS_PER_S)
    return not is_late and _has_stopped_losing(registry, members[0], from_ns)


def _is_unrepeated(registry: IncidentRegistry, fault: Fault, since_ns: int) -> bool:
    """
    Return whether all runs that a verdict is based on failed before a time.

    Not if none of them is known: of equipment, or of what is slow, nothing can be asked.
    """
    failures = registry.failures_of(fault.subject)
    phase = fault.main_phase
    if phase.interval.symptom in _LOSS_SYMPTOMS:
        nearer = _nearer_targets(phase)
        beyond = {name: at_ns for name, at_ns in failures.items() if name.target not in nearer}
        accusing = _failures_of_several(beyond, fault.start_ns - _BEFORE_NS)
    else:
        accusing = [
            at_ns
            for item in phase.evidence
            if item.outcome is Outcome.FAILED
            and not item.link
            and (at_ns := failures.get(ProbeName(item.kind, item.target, item.family))) is not None
        ]
    return bool(accusing) and max(accusing) < since_ns


def _nearer_targets(phase: FaultPhase) -> set[str]:
    """Return the targets on this side of a loss, whose own losses do not show it."""
    return {
        item.target
        for item in phase.evidence
        if item.segment in LADDER
        and phase.interval.segment in LADDER
        and LADDER.index(item.segment) < LADDER.index(phase.interval.segment)
    }


def _failures_of_several(failures: Mapping[ProbeName, int], from_ns: int) -> list[int]:
    """
    Return when a loss was last seen, once more than one target has shown it since a time.

    A line that loses packets loses those of several targets within moments. What one loses on its
    own is that host's, or chance (2026-12: an exchange was well again, and two carriers were
    notified of a loss because the anchor of a third, whose core failed, still lost echoes).
    """
    newest: dict[str, int] = {}
    for name, at_ns in failures.items():
        if at_ns >= from_ns:
            newest[name.target] = max(at_ns, newest.get(name.target, 0))
    times_ns = sorted(newest.values())
    together = [earlier for earlier, later in pairwise(times_ns) if later - earlier <= _TOGETHER_NS]
    if len(times_ns) < _SEVERAL:
        return list(failures.values())
    return together or [from_ns]


def _has_stopped_losing(registry: IncidentRegistry, fault: Fault, known_ns: int) -> bool:
    newest_ns = max(registry.failures_of(fault.subject).values(), default=0)
    return known_ns - _BEFORE_NS <= newest_ns < known_ns
