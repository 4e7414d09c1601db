"""Parents: which incident stands for which; a parent silences its children without losing them."""

from collections.abc import Iterable

import msgspec

from thongsuot_collector.incidents.incident import HistoryEntry, Incident
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.incidents.update import release_hold_off, with_history


def link_parents(registry: IncidentRegistry, faults: Iterable[str]) -> None:
    """Find the parents anew of all incidents that hold some faults."""
    names = {incident.id for fault in faults for incident in registry.incidents_holding(fault)}
    for name in sorted(names):
        incident = registry.incidents[name]
        parents = tuple(parent.id for parent in _parents(registry, incident))
        if parents != incident.parents:
            registry.put_incident(_with_parents(registry, incident, parents))


def _parents(registry: IncidentRegistry, incident: Incident) -> list[Incident]:
    """Return the open incidents whose rules cover this one's and that hold all it holds."""
    covering = registry.covering[incident.code]
    if not (incident.is_open and incident.members and covering):
        return []
    # Asked fault by fault, never member by member of a parent: when ten thousand sites fall silent
    # each of their incidents looks at the one that holds them all (10.5 s on the loop, once).
    parents = registry.incidents_holding_all(incident.fault_ids)
    parents = [parent for parent in parents if parent.is_open and parent.code in covering]
    return sorted(parents, key=lambda parent: (covering.index(parent.code), parent.id))


def _with_parents(
    registry: IncidentRegistry, incident: Incident, parents: tuple[str, ...]
) -> Incident:
    now_ns = registry.network_state.now_ns
    joined = sorted(set(parents) - set(incident.parents))
    entries = [HistoryEntry(at_ns=now_ns, event="part of", about=name) for name in joined]
    released = msgspec.structs.replace(incident, parents=parents)
    if incident.parents and not parents and incident.is_open:
        released = msgspec.structs.replace(
            released, released_ns=now_ns, hold_off=release_hold_off(registry)
        )
        entries.append(HistoryEntry(at_ns=now_ns, event="for itself again"))
    return with_history(released, *entries)
