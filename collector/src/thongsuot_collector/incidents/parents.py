"""Relating: which incident stands for which; a parent silences its children without losing them."""

from collections.abc import Iterable

import msgspec

from thongsuot_collector.incidents.incident import HistoryEntry, Incident
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.incidents.update import release_hold_off, with_history


def link_parents(book: IncidentRegistry, troubles: Iterable[str]) -> None:
    """Find the parents anew of all incidents that hold some troubles."""
    names = {one.id for trouble in troubles for one in book.incidents_holding(trouble)}
    for name in sorted(names):
        incident = book.incidents[name]
        parents = tuple(one.id for one in _parents(book, incident))
        if parents != incident.parents:
            book.put_incident(_with_parents(book, incident, parents))


def _parents(book: IncidentRegistry, incident: Incident) -> Iterable[Incident]:
    """Yield the open incidents that this one's rule depends on, and that hold all it holds."""
    if not incident.is_open or not incident.members:
        return
    wanted = book.rules[incident.code].depends_on
    own = {one.fault_id for one in incident.members}
    for other in book.incidents_holding(incident.members[0].fault_id):
        is_wanted = other.is_open and other.code in wanted
        if is_wanted and own <= {one.fault_id for one in other.members}:
            yield other


def _with_parents(book: IncidentRegistry, incident: Incident, parents: tuple[str, ...]) -> Incident:
    now_ns = book.network_state.now_ns
    joined = sorted(set(parents) - set(incident.parents))
    notes = [HistoryEntry(at_ns=now_ns, event="part of", about=one) for one in joined]
    released = msgspec.structs.replace(incident, parents=parents)
    if incident.parents and not parents and incident.is_open:
        released = msgspec.structs.replace(
            released, released_ns=now_ns, hold_off=release_hold_off(book)
        )
        notes.append(HistoryEntry(at_ns=now_ns, event="for itself again"))
    return with_history(released, *notes)
