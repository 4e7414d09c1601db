"""
Reducer: ``advance`` is the whole of it. Rewrites of the timeline and the passing of time go in,
events come out; what happened to incidents in between is in the book.
"""

from collections.abc import Iterable

from thongsuot_collector.incidents.apply_rewrite import apply_rewrite
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import NotificationEvent
from thongsuot_collector.incidents.notification_policy import decide_notifications, next_check_ns
from thongsuot_collector.incidents.parents import link_parents
from thongsuot_collector.incidents.registry import GroupKey, IncidentRegistry
from thongsuot_collector.incidents.rule import GroupRule
from thongsuot_collector.incidents.update import close_if_over, update_from_fault, update_group
from thongsuot_collector.timeline.interval import Rewrite

_FORGET_EVERY_NS = 3_600 * NS_PER_S


def advance(
    book: IncidentRegistry, rewrites: Iterable[Rewrite], now_ns: int, *, is_listening: bool = True
) -> tuple[NotificationEvent, ...]:
    """
    Take what changed, and let time pass up to ``now_ns``; return what is to be told.

    Call it with every change and about once a second. While not ``is_listening`` (the consumer is
    catching up on what came in long ago) everything is recorded and nobody is told: what is still
    going on when it has caught up is told then.
    """
    picture = book.network_state
    picture.now_ns = now_ns
    troubles: set[str] = set()
    for rewrite in rewrites:
        troubles |= apply_rewrite(book, rewrite)
    troubles |= _affected_by_windows(book)
    groups: set[GroupKey] = set()
    for name in sorted(troubles):
        trouble = book.faults[name]
        update_from_fault(book, trouble)
        groups |= book.regroup(trouble)
    for group in sorted(groups):
        update_group(book, group)
        troubles |= book.group_members.get(group, set())
        troubles |= {m.fault_id for one in book.incidents_of(group) for m in one.members}
    troubles |= _close(book, troubles)
    link_parents(book, troubles)
    if not is_listening:
        book.next_checks_ns.clear()
        return ()
    events = _notify(book, troubles)
    _purge(book)
    return tuple(events)


def pending_notifications(book: IncidentRegistry) -> tuple[NotificationEvent, ...]:
    """
    Return what was to be told and is not done yet, oldest first: after a restart, to go on with.

    The incident is as it is now, not as it was.
    """
    found = [
        NotificationEvent(record=entry, incident=incident)
        for incident in book.incidents.values()
        for entry in incident.notifications
        if not entry.is_done
    ]
    return tuple(sorted(found, key=lambda event: (event.record.at_ns, event.id)))


def _affected_by_windows(book: IncidentRegistry) -> set[str]:
    """Return all troubles that go on where a maintenance window has opened or closed."""
    now_ns = book.network_state.now_ns
    active = frozenset(one.id for one in book.network_state.windows if one.is_active(now_ns))
    if active == book.windows_active:
        return set()
    book.windows_active = active
    return {member.fault_id for name in book.active for member in book.incidents[name].members}


def _close(book: IncidentRegistry, troubles: set[str]) -> set[str]:
    """Close what is over; return the troubles that were in it."""
    touched: set[str] = set()
    for name in _due_for_review(book, troubles):
        incident = book.incidents[name]
        closed = close_if_over(book, incident, incident.closed_ns)
        if closed is not incident:
            book.put_incident(closed)
            touched |= {one.fault_id for one in closed.members}
    return touched


def _notify(book: IncidentRegistry, troubles: set[str]) -> list[NotificationEvent]:
    """Tell what is due: parents first, their children in their light."""
    events: list[NotificationEvent] = []
    names = _due_for_review(book, troubles)
    for are_groups in (True, False):
        for name in sorted(names):
            incident = book.incidents[name]
            if isinstance(book.rules[incident.code], GroupRule) is not are_groups:
                continue
            told = decide_notifications(book, incident)
            events.extend(told)
            if told:
                names |= book.active & set(incident.children)
            if name in book.active:
                book.next_checks_ns[name] = next_check_ns(book, book.incidents[name])
    return events


def _due_for_review(book: IncidentRegistry, troubles: set[str]) -> set[str]:
    """Return the active incidents that hold some troubles, or whose time has come."""
    now_ns, looks = book.network_state.now_ns, book.next_checks_ns
    names = {name for name in book.active if looks.get(name, 0) <= now_ns}
    for trouble in troubles:
        names.update(one.id for one in book.incidents_holding(trouble))
    return names & book.active


def _purge(book: IncidentRegistry) -> None:
    """Drop from memory what was closed long ago, with all that it was part of."""
    now_ns = book.network_state.now_ns
    if now_ns - book.purged_ns < _FORGET_EVERY_NS:
        return
    book.purged_ns = now_ns
    before_ns = now_ns - round(book.settings.kept_s * NS_PER_S)
    old = {
        one.id
        for one in book.incidents.values()
        if one.id not in book.active and (one.closed_known_ns or now_ns) < before_ns
    }
    while tied := {name for name in old if not _is_unshared(book, name, old)}:
        old -= tied
    for name in sorted(old):
        book.purge(book.incidents[name])


def _is_unshared(book: IncidentRegistry, name: str, old: set[str]) -> bool:
    """Return whether everything that shares a trouble with an incident is old as well."""
    return all(
        other.id in old
        for member in book.incidents[name].members
        for other in book.incidents_holding(member.fault_id)
    )
