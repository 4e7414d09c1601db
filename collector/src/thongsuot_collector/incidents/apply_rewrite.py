"""Applies rewrites: updates faults from changes of the timeline."""

from thongsuot_collector.incidents.fault import (
    Fault,
    faults_in,
    is_same_fault,
    merged,
    updated_fault,
    withdrawn,
)
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.timeline.interval import Rewrite


def apply_rewrite(registry: IncidentRegistry, rewrite: Rewrite) -> set[str]:
    """
    Apply one rewrite; return the names of the faults to check again.

    A fault that the rewrite changes keeps its name. Of two that turn out to be one the first
    continues; one that is no longer in the rewrite is withdrawn.
    """
    subject, now_ns = rewrite.subject, registry.network_state.now_ns
    if rewrite.until_ns is None and rewrite.intervals:
        registry.network_state.set_state(subject, rewrite.intervals[-1])
    known = [fault for fault in registry.faults_of(subject) if _is_inside(fault, rewrite)]
    touched: set[str] = set()
    for shown in faults_in(rewrite, registry.calm_ns, now_ns):
        same = [fault for fault in known if is_same_fault(fault, shown, registry.calm_ns)]
        # A withdrawn fault gives its name only if there is no other.
        same.sort(key=lambda fault: (fault.is_gone, fault.start_ns, fault.id))
        prior = same[0] if same else None
        if prior is None:
            # One of this name was withdrawn, and has returned.
            prior = registry.faults.get(shown.id)
        fault = updated_fault(shown, rewrite, prior)
        registry.put_fault(fault)
        touched.add(fault.id)
        for other in same:
            known.remove(other)
            if other is not prior and not other.is_gone:
                registry.put_fault(merged(other, fault))
                touched.add(other.id)
    for fault in known:
        if not fault.is_gone:
            registry.put_fault(withdrawn(fault))
            touched.add(fault.id)
    return touched


def _is_inside(fault: Fault, rewrite: Rewrite) -> bool:
    """Return whether a rewrite covers the time of a fault."""
    ends_before = fault.end_ns is not None and fault.end_ns <= rewrite.from_ns
    starts_after = rewrite.until_ns is not None and fault.start_ns >= rewrite.until_ns
    return not (ends_before or starts_after)
