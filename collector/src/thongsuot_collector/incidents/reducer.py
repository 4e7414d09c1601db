"""
Reducer: ``advance`` turns rewrites of the timeline and the passing of time into notification
events; the changes of incidents in between are in the registry.

A group incident that covers another one is its parent: it suppresses the notifications of its
children without losing them.
"""

from collections.abc import Generator, Iterable, Iterator

import msgspec

from thongsuot_collector.incidents.apply_rewrite import apply_rewrite
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import HistoryEntry, Incident, NotificationEvent
from thongsuot_collector.incidents.merging import parents_of
from thongsuot_collector.incidents.notification_policy import (
    decide_notifications,
    is_opening_due,
    next_check_ns,
)
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.incidents.rule import GroupKey, GroupRule
from thongsuot_collector.incidents.update import (
    close_if_over,
    release_hold_off,
    update_from_fault,
    update_group_in_steps,
    with_history,
)
from thongsuot_collector.timeline.interval import Rewrite

Steps = Generator[None, None, tuple[NotificationEvent, ...]]

_FORGET_EVERY_NS = 3_600 * NS_PER_S
_LEVELS = 8
"""Maximum depth of incidents merged into one another; a longer chain has no useful meaning."""


class ChangedFaults:
    """
    Faults and groups that have changed since ``advance`` last checked them.

    ``decided_groups`` have changed because a person decided about their incidents.
    """

    def __init__(self) -> None:
        self.faults: set[str] = set()
        self.groups: set[GroupKey] = set()
        self.decided_groups: set[GroupKey] = set()


def apply_rewrites(
    registry: IncidentRegistry, rewrites: Iterable[Rewrite], now_ns: int, touched: ChangedFaults
) -> None:
    """
    Bring the incidents of single faults up to date; ``advance`` does the rest.

    A caller with ten thousand rewrites applies them in slices, so that other tasks can run.
    """
    registry.network_state.now_ns = now_ns
    faults: set[str] = set()
    sites: set[str] = set()
    for rewrite in rewrites:
        faults |= apply_rewrite(registry, rewrite)
        sites.add(rewrite.subject.site)
    # Every other fault of a site is checked too, because its remaining links matter.
    for site in sites:
        faults.update(fault.id for fault in registry.network_state.current_faults_at(site))
    _update_faults(registry, faults, touched)


def advance(
    registry: IncidentRegistry,
    rewrites: Iterable[Rewrite],
    now_ns: int,
    *,
    is_listening: bool = True,
    touched: ChangedFaults | None = None,
) -> tuple[NotificationEvent, ...]:
    """
    Apply changes, advance the time to ``now_ns``, and return the notifications that are due.

    Call it with every change and about once a second; ``touched`` is what ``apply_rewrites`` has
    changed before. While not ``is_listening`` (the consumer is catching up on old entries)
    everything is recorded and nobody is notified: parties are notified about the incidents that
    are still open when it has caught up.
    """
    steps = advance_in_steps(registry, rewrites, now_ns, is_listening=is_listening, touched=touched)
    while True:
        try:
            next(steps)
        except StopIteration as done:
            events: tuple[NotificationEvent, ...] = done.value
            return events


def advance_in_steps(
    registry: IncidentRegistry,
    rewrites: Iterable[Rewrite],
    now_ns: int,
    *,
    is_listening: bool = True,
    touched: ChangedFaults | None = None,
) -> Steps:
    """
    Do the work of ``advance`` in steps, one incident or group of incidents at a time.

    The caller may let other tasks run between two steps: their changes to single incidents are
    seen by the following steps. It returns the events.
    """
    touched = ChangedFaults() if touched is None else touched
    apply_rewrites(registry, rewrites, now_ns, touched)
    yield
    due = _affected_by_windows(registry) | _decided(registry, touched)
    yield from _update_in_steps(registry, due, touched)
    faults = touched.faults
    registry.group_pacing.note_changed(touched.groups)
    for group in sorted(_take_groups(registry, touched.decided_groups)):
        yield from update_group_in_steps(registry, group)
        members = registry.group_members.get(group, set())
        registry.group_pacing.note_assessed(group, len(members), now_ns)
        faults |= members
        faults.update(*(incident.fault_ids for incident in registry.incidents_of(group)))
        yield
    yield from _update_merged(registry, faults)
    yield from _close(registry, faults)
    yield from link_parents(registry, faults)
    if not is_listening:
        registry.next_checks_ns.clear()
        return ()
    events = yield from _notify(registry, faults)
    _purge(registry)
    return tuple(events)


def _update_faults(registry: IncidentRegistry, faults: set[str], touched: ChangedFaults) -> None:
    for _ in _update_in_steps(registry, faults, touched):
        pass


def _update_in_steps(
    registry: IncidentRegistry, faults: set[str], touched: ChangedFaults
) -> Iterator[None]:
    # A fault that turned out to be part of another one hands a person's decision over to it.
    for name in sorted(faults, key=lambda name: (not _is_gone(registry, name), name)):
        fault = registry.faults.get(name)
        if fault is None:
            continue  # it was dropped from memory between two steps
        update_from_fault(registry, fault)
        touched.groups |= registry.regroup(fault)
        yield
    touched.faults |= faults


def _is_gone(registry: IncidentRegistry, name: str) -> bool:
    fault = registry.faults.get(name)
    return fault is not None and fault.is_gone


def _decided(registry: IncidentRegistry, touched: ChangedFaults) -> set[str]:
    """Return the faults of incidents with new decisions; note the groups that held them."""
    decided, registry.decided_faults = registry.decided_faults, set()
    for name in decided:
        touched.decided_groups.update(
            (incident.code, incident.key)
            for incident in registry.incidents_holding(name)
            if isinstance(registry.rules[incident.code], GroupRule)
        )
    touched.groups |= touched.decided_groups
    return decided


def _take_groups(registry: IncidentRegistry, decided: set[GroupKey]) -> set[GroupKey]:
    """Return the changed groups to assess now, which are all but those that rest."""
    pacing = registry.group_pacing
    groups = pacing.take(decided) | pacing.take_rested(registry.network_state.now_ns)
    if pacing.changed:
        groups |= pacing.take(_awaited(registry))
    return groups


def _awaited(registry: IncidentRegistry) -> set[GroupKey]:
    """Return the groups that decide whether a fault is to be notified by itself now."""
    return {
        group
        for name in _due_for_review(registry, set())
        if name in registry.faults
        and registry.incidents[name].notified_party is None
        and is_opening_due(registry, registry.incidents[name])
        for group in registry.groups_of(name)
    }


def _update_merged(registry: IncidentRegistry, faults: set[str]) -> Iterator[None]:
    """Update the targets of merged incidents that have changed, level by level."""
    if not registry.merged_into:
        return
    changed = {incident.id for name in faults for incident in registry.incidents_holding(name)}
    for _ in range(_LEVELS):
        targets = {
            placement.into
            for name in changed & registry.incidents.keys()
            if (placement := registry.incidents[name].placement) is not None
        }
        changed = set()
        for name in sorted(targets & registry.incidents.keys()):
            before = registry.incidents[name]
            if isinstance(registry.rules[before.code], GroupRule):
                yield from update_group_in_steps(registry, (before.code, before.key))
            elif name in registry.faults:
                update_from_fault(registry, registry.faults[name])
            if registry.incidents[name] != before:
                changed.add(name)
                faults |= before.fault_ids | registry.incidents[name].fault_ids
            yield


def pending_notifications(registry: IncidentRegistry) -> tuple[NotificationEvent, ...]:
    """
    Return the notifications that are not delivered yet, oldest first, to resume after a restart.

    They contain the current incident, not that at the time of the decision.
    """
    pending = [
        NotificationEvent(record=record, incident=incident)
        for incident in registry.incidents.values()
        for record in incident.notifications
        if not record.is_done
    ]
    return tuple(sorted(pending, key=lambda event: (event.record.at_ns, event.id)))


def _affected_by_windows(registry: IncidentRegistry) -> set[str]:
    """Return all ongoing faults that an opened or closed maintenance window covers."""
    now_ns = registry.network_state.now_ns
    active = frozenset(
        window.id for window in registry.network_state.windows if window.is_active(now_ns)
    )
    if active == registry.windows_active:
        return set()
    registry.windows_active = active
    return set[str]().union(*(registry.incidents[name].fault_ids for name in registry.active))


def _close(registry: IncidentRegistry, faults: set[str]) -> Iterator[None]:
    """Close incidents that are over, and add their faults to ``faults``."""
    for name in _due_for_review(registry, faults):
        incident = registry.incidents[name]
        closed = close_if_over(registry, incident, incident.closed_ns)
        if closed is not incident:
            registry.put_incident(closed)
            faults |= closed.fault_ids
        yield


def _notify(
    registry: IncidentRegistry, faults: set[str]
) -> Generator[None, None, list[NotificationEvent]]:
    """Decide which notifications are due: parents first, because they affect their children."""
    events: list[NotificationEvent] = []
    names = _due_for_review(registry, faults)
    for are_groups in (True, False):
        for name in sorted(names):
            incident = registry.incidents[name]
            if isinstance(registry.rules[incident.code], GroupRule) is not are_groups:
                continue
            yield
            incident = _as_of_now(registry, registry.incidents[name])
            decided = decide_notifications(registry, incident)
            events.extend(decided)
            if decided:
                names |= registry.active & set(incident.children)
            if name in registry.active:
                registry.next_checks_ns[name] = next_check_ns(registry, registry.incidents[name])
    return events


def _as_of_now(registry: IncidentRegistry, incident: Incident) -> Incident:
    """
    Return an incident whose party is about to be notified, assessed again.

    The observations of other sites decide who is responsible for a service's fault, and their
    changes alone do not update the incident (2026-12: a portal's operator was notified again, for
    one site, a minute and a half after the portal had recovered at all others).
    """
    fault = registry.faults.get(incident.id)
    is_untold = incident.notified_party is None
    if fault is None or not is_untold or not is_opening_due(registry, incident):
        return incident
    update_from_fault(registry, fault)
    return registry.incidents[incident.id]


def _due_for_review(registry: IncidentRegistry, faults: set[str]) -> set[str]:
    """Return the active incidents that hold some faults, or are due for a check by time."""
    now_ns, looks = registry.network_state.now_ns, registry.next_checks_ns
    names = {name for name in registry.active if looks.get(name, 0) <= now_ns}
    return (names | registry.names_holding(faults)) & registry.active


def _purge(registry: IncidentRegistry) -> None:
    """Drop incidents closed long ago from memory, with all incidents that include them."""
    now_ns = registry.network_state.now_ns
    if now_ns - registry.purged_ns < _FORGET_EVERY_NS:
        return
    registry.purged_ns = now_ns
    before_ns = now_ns - round(registry.settings.kept_s * NS_PER_S)
    old = {
        incident.id
        for incident in registry.incidents.values()
        if incident.id not in registry.active
        and not incident.is_closed_by_city  # its faults continue, and must not become new ones
        and (incident.closed_known_ns or now_ns) < before_ns
    }
    while tied := {name for name in old if not _is_unshared(registry, name, old)}:
        old -= tied
    for name in sorted(old):
        registry.purge(registry.incidents[name])


def _is_unshared(registry: IncidentRegistry, name: str, old: set[str]) -> bool:
    """Return whether all incidents that share a fault with an incident are old as well."""
    return all(
        other.id in old
        for fault in registry.incidents[name].fault_ids
        for other in registry.incidents_holding(fault)
    )


def link_parents(registry: IncidentRegistry, faults: Iterable[str]) -> Iterator[None]:
    """Recompute the parents of all incidents that hold some faults."""
    names = {incident.id for fault in faults for incident in registry.incidents_holding(fault)}
    for name in list(names):
        # An incident merged into one of them shares no fault with that one's parents.
        names |= registry.merged_into.get(name, set())
    for name in sorted(names & registry.incidents.keys()):
        incident = registry.incidents[name]
        parents = tuple(parent.id for parent in parents_of(registry, incident))
        if parents != incident.parents:
            registry.put_incident(_with_parents(registry, incident, parents))
        yield


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
