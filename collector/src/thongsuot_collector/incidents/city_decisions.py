"""
City decisions: decisions of the city's engineers about incidents, which override the automatic
grouping.

Each is a line in the history of every affected incident; ``advance`` applies the consequences.
"""

from collections.abc import Iterable

import msgspec

from thongsuot_collector.errors import AnswerImpossible
from thongsuot_collector.incidents.decision import Closing, Placement
from thongsuot_collector.incidents.incident import (
    ClosureCode,
    HistoryEntry,
    Incident,
    IncidentStatus,
)
from thongsuot_collector.incidents.merging import is_inside, merge_target
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.incidents.rule import GroupRule
from thongsuot_collector.incidents.update import reopened, with_history


def merge(
    registry: IncidentRegistry, name: str, into: str, *, by: str, reason: str, now_ns: int
) -> tuple[Incident, Incident]:
    """
    Merge an incident into another one with the same cause; return both.

    Raises:
        KeyError: there is no such incident in the registry.
        AnswerImpossible: it is over, is a report, or is part of another already; or the other one
            is not a possible target.
    """
    incident = registry.incidents[name]
    _check_standing(incident)
    target = registry.incidents.get(into)
    if target is None or not is_merge_target(registry, incident, target):
        raise AnswerImpossible("target")
    placement = Placement(into=into, by=by, reason=reason, at_ns=now_ns)
    placed = msgspec.structs.replace(incident, placement=placement)
    return (
        _decided(registry, placed, "merged into", f"{into}: {by}: {reason}", now_ns),
        _regrouped(registry, target, "took in", f"{name}: {by}: {reason}", now_ns),
    )


def merge_targets(registry: IncidentRegistry, name: str) -> list[Incident]:
    """Return the incidents into which one could be merged, the newest first."""
    incident = registry.incidents[name]
    targets = [
        target
        for target in registry.active_incidents()
        if is_merge_target(registry, incident, target)
    ]
    return sorted(targets, key=lambda target: (-target.opened_ns, target.id))


def is_merge_target(registry: IncidentRegistry, incident: Incident, target: Incident) -> bool:
    """
    Return whether an incident could be merged into another one, which must be a separate incident.
    """
    return (
        target.is_open
        and not target.parents
        and target.report is None
        and not is_inside(registry, target, incident.id)
    )


def split(
    registry: IncidentRegistry, name: str, member: str, *, by: str, reason: str, now_ns: int
) -> tuple[Incident, Incident]:
    """
    Take an incident out of the larger one of a name; return both, the smaller one first.

    An incident merged by a person is restored. One grouped by the rules is separate from now on,
    until a person merges it.

    Raises:
        KeyError: there is no such incident in the registry.
        AnswerImpossible: it cannot be taken out of that one.
    """
    parent = registry.incidents[name]
    incident = registry.incidents.get(member)
    if incident is None or incident not in splittable(registry, name):
        raise AnswerImpossible("member")
    placement = None
    if not _is_merged(registry, incident, name):
        placement = Placement(out_of=name, by=by, reason=reason, at_ns=now_ns)
    placed = msgspec.structs.replace(incident, placement=placement)
    return (
        _decided(registry, placed, "taken out of", f"{name}: {by}: {reason}", now_ns),
        _regrouped(registry, parent, "gave away", f"{member}: {by}: {reason}", now_ns),
    )


def splittable(registry: IncidentRegistry, name: str) -> list[Incident]:
    """Return the open incidents that can be taken out of one: of one fault each, or merged."""
    parent = registry.incidents[name]
    children = (registry.incidents.get(child) for child in parent.children)
    return [
        child
        for child in children
        if child is not None
        and child.is_open
        and name in child.parents
        and (
            _is_merged(registry, child, name)
            or not isinstance(registry.rules[child.code], GroupRule)
        )
    ]


def close(registry: IncidentRegistry, name: str, *, by: str, reason: str, now_ns: int) -> Incident:
    """
    Close an incident, whatever the measurements show; return it.

    Its circuits keep their state: whatever joins, or becomes more severe, reopens it.

    Raises:
        KeyError: there is no such incident in the registry.
        AnswerImpossible: it is over, is a report or part of another one, or is disputed.
    """
    incident = registry.incidents[name]
    _check_standing(incident)
    if incident.is_disputed:
        raise AnswerImpossible("disputed")
    closed = msgspec.structs.replace(
        incident,
        status=IncidentStatus.CLOSED,
        closure_code=ClosureCode.CLOSED_BY_CITY,
        closed_ns=now_ns,
        closed_known_ns=now_ns,
        closing=Closing(by=by, reason=reason, at_ns=now_ns, severity=incident.severity),
    )
    return _decided(registry, closed, "closed by city", f"{by}: {reason}", now_ns)


def reopen(registry: IncidentRegistry, name: str, *, by: str, reason: str, now_ns: int) -> Incident:
    """
    Reopen an ongoing incident that a person has closed; return it.

    Raises:
        KeyError: there is no such incident in the registry.
        AnswerImpossible: no person has closed it, or it is over by now.
    """
    incident = registry.incidents[name]
    if not incident.is_closed_by_city:
        raise AnswerImpossible("not_closed")
    again = msgspec.structs.replace(incident, closed_ns=None)
    entry = HistoryEntry(at_ns=now_ns, event="opened again by city", about=f"{by}: {reason}")
    return _put(registry, reopened(again, entry), again.fault_ids)


def _check_standing(incident: Incident) -> None:
    """Reject incidents with an end of their own, that are over, or that are part of another one."""
    if not incident.is_open:
        raise AnswerImpossible("over")
    if incident.report is not None:
        raise AnswerImpossible("report")
    if incident.parents:
        raise AnswerImpossible("part")


def _is_merged(registry: IncidentRegistry, incident: Incident, name: str) -> bool:
    target = merge_target(registry, incident)
    return target is not None and target.id == name


def _regrouped(
    registry: IncidentRegistry, incident: Incident, event: str, about: str, now_ns: int
) -> Incident:
    news = msgspec.structs.replace(incident, is_regrouped=True)
    return _decided(registry, news, event, about, now_ns)


def _decided(
    registry: IncidentRegistry, incident: Incident, event: str, about: str, now_ns: int
) -> Incident:
    entry = HistoryEntry(at_ns=now_ns, event=event, about=about)
    return _put(registry, with_history(incident, entry), incident.fault_ids)


def _put(registry: IncidentRegistry, incident: Incident, faults: Iterable[str]) -> Incident:
    registry.put_incident(incident)
    registry.decided_faults.update(faults)
    # It is checked now, whatever its next check is.
    registry.next_checks_ns.pop(incident.id, None)
    return incident
