"""
Merging: manual merges of incidents, and the content of the larger one.

Manual merges are combined with the automatic grouping. If the two contradict each other so that
incidents would include each other in a circle, the automatic grouping decides: otherwise nobody
would be notified about any of them.
"""

from collections.abc import Sequence

import msgspec

from thongsuot_collector.incidents.candidate_details import CandidateDetails
from thongsuot_collector.incidents.incident import ClosureCode, Incident, IncidentMember
from thongsuot_collector.incidents.registry import IncidentRegistry

_NONE_OF_THEIR_OWN = frozenset({ClosureCode.WITHDRAWN, ClosureCode.MERGED})


def stands_for_others(incident: Incident) -> bool:
    """
    Return whether an incident represents those inside it: while it lasts, notified or closed by a
    person. Otherwise a wide outage closed by a person would be notified again circuit by circuit.
    """
    return incident.is_open or incident.is_closed_by_city


def parents_of(registry: IncidentRegistry, incident: Incident) -> list[Incident]:
    """Return the incidents that include one: by rules first, then by manual merges."""
    if not incident.is_open:
        return []
    parents = automatic_parents(registry, incident)
    target = merge_target(registry, incident)
    if target is not None and stands_for_others(target) and target not in parents:
        parents.append(target)
    return parents


def is_leading(registry: IncidentRegistry, incident: Incident) -> bool:
    """
    Return whether an incident is open and inside no larger one that stands for it now.

    ``parents`` is of the end of the last pass: between two steps of ``reducer.advance`` a larger
    incident may have been closed, and those inside it were on no page until the last step.
    """
    return incident.is_open and not parents_of(registry, incident)


def automatic_parents(registry: IncidentRegistry, incident: Incident) -> list[Incident]:
    """Return the incidents whose rules cover this one's and that have all of its faults."""
    covering = registry.covering[incident.code]
    is_alone = incident.placement is not None and bool(incident.placement.out_of)
    if is_alone or not (incident.is_open and incident.members and covering):
        return []
    # Checked by fault, never by member of a parent: when ten thousand sites fall silent, each of
    # their incidents checks the one that holds them all (10.5 s on the loop before this).
    parents = [
        parent
        for parent in registry.incidents_holding_all(incident.own_fault_ids)
        if parent.code in covering and stands_for_others(parent)
    ]
    return sorted(parents, key=lambda parent: (covering.index(parent.code), parent.id))


def merge_target(registry: IncidentRegistry, incident: Incident) -> Incident | None:
    """Return the target of an incident's manual merge, unless that is inside it already."""
    if incident.placement is None or not incident.placement.into:
        return None
    target = registry.incidents.get(incident.placement.into)
    if target is None or is_inside(registry, target, incident.id):
        return None
    return target


def is_inside(registry: IncidentRegistry, incident: Incident, name: str) -> bool:
    """Return whether an incident is the one of a name, or part of it over however many steps."""
    waiting, seen = [incident.id], set[str]()
    while waiting:
        reached = waiting.pop()
        if reached == name:
            return True
        known = registry.incidents.get(reached)
        if known is None or reached in seen:
            continue
        seen.add(reached)
        waiting += [parent.id for parent in automatic_parents(registry, known)]
        if known.placement is not None and known.placement.into:
            waiting.append(known.placement.into)
    return False


def merged_incidents(registry: IncidentRegistry, name: str) -> list[Incident]:
    """Return the incidents that a person has merged into one, sorted by name."""
    known = (registry.incidents[child] for child in sorted(registry.merged_into.get(name, ())))
    return [
        incident
        for incident in known
        if incident.closure_code not in _NONE_OF_THEIR_OWN
        and merge_target(registry, incident) is not None
    ]


def with_merged(
    known: CandidateDetails, merged: Sequence[Incident]
) -> tuple[CandidateDetails, tuple[str, ...]]:
    """
    Return an incident's details with those of all merged ones, and the faults that it only has by
    merging. Its own members stay the first, because its texts describe them.
    """
    if not merged:
        return known, ()
    own = {name for member in known.members for name in member.fault_ids}
    members = {member.subject: member for member in known.members}
    evidence = {shown.subject: shown for shown in known.evidence}
    communes = set(known.communes)
    for incident in merged:
        communes.update(incident.communes)
        for member in incident.members:
            before = members.get(member.subject)
            members[member.subject] = member if before is None else _joined(before, member)
        for shown in incident.member_evidence:
            evidence.setdefault(shown.subject, shown)
    held = {name for member in members.values() for name in member.fault_ids}
    joined = known._replace(
        members=tuple(members.values()),
        evidence=tuple(evidence.values()),
        communes=tuple(sorted(communes)),
    )
    return joined, tuple(sorted(held - own))


def _joined(own: IncidentMember, other: IncidentMember) -> IncidentMember:
    """Return one subject's part, from its own and the merged faults."""
    ends = [member.end_ns for member in (own, other)]
    return msgspec.structs.replace(
        own,
        fault_ids=tuple(dict.fromkeys((*own.fault_ids, *other.fault_ids))),
        start_ns=min(own.start_ns, other.start_ns),
        end_ns=None if None in ends else max(end_ns for end_ns in ends if end_ns is not None),
    )
