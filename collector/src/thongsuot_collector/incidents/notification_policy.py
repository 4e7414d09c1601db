"""
Notification policy: decides who is notified about what, and when; channels only deliver.

A party is notified about an ongoing, separate fault that no maintenance excuses, once its hold is
over. After that it is also notified of the end, in all cases.
"""

import msgspec

from thongsuot_collector.incidents.candidate_details import MEMBERS_WITH_EVIDENCE
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.fresh_evidence import (
    ASK_AGAIN_NS,
    is_fresh_evidence_awaited,
)
from thongsuot_collector.incidents.incident import (
    ClosureCode,
    Headline,
    Incident,
    MemberEvidence,
    NotificationEvent,
    NotifiedState,
)
from thongsuot_collector.incidents.notification_log import (
    NotificationCause,
    NotificationKind,
    NotificationRecord,
)
from thongsuot_collector.incidents.party import ResponsibleParty
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_schema.verdict import Symptom

_RECHECK_NS = 60 * NS_PER_S
"""A safety net: anything overlooked is handled a minute later."""


def decide_notifications(registry: IncidentRegistry, incident: Incident) -> list[NotificationEvent]:
    """Return the notifications of an incident that are due now, and log them."""
    events: list[NotificationEvent] = []
    ending = _resolving_cause(registry, incident)
    if ending is not None and incident.notified_party is not None:
        incident = _logged(
            registry,
            incident,
            NotificationKind.RESOLVED,
            ending,
            party=incident.notified_party,
            events=events,
        )
    if incident.notified_party is None:
        if is_opening_due(registry, incident):
            cause = _opening_cause(incident)
            _logged(
                registry,
                incident,
                NotificationKind.OPENED,
                cause,
                party=incident.party,
                events=events,
            )
    elif ending is None:
        news = _update_cause(registry, incident)
        if news is not None:
            _logged(
                registry,
                incident,
                NotificationKind.UPDATED,
                news,
                party=incident.notified_party,
                events=events,
            )
    return events


def next_check_ns(registry: IncidentRegistry, incident: Incident) -> int:
    """
    Return the next time at which the passing of time may cause a notification of an incident, or
    close it.
    """
    wait, settings, now_ns = incident.hold_off, registry.settings, registry.network_state.now_ns
    moments = [
        wait.from_ns + round(wait.hold_s * NS_PER_S),
        wait.from_ns + round(wait.limit_s * NS_PER_S),
    ]
    is_untold = incident.notified_party is None and _is_hold_over(registry, incident)
    if is_untold and is_fresh_evidence_awaited(registry, incident):
        moments.append(now_ns + ASK_AGAIN_NS)
    if incident.closed_ns is not None:
        moments.append(incident.closed_ns + registry.calm_ns)
    if incident.last_notified is not None:
        moments.append(incident.last_notified.at_ns + round(settings.worse_s * NS_PER_S))
        moments.append(
            incident.last_notified.at_ns + _update_interval_ns(registry, incident.last_notified)
        )
    return min((at_ns for at_ns in moments if at_ns > now_ns), default=now_ns + _RECHECK_NS)


def due_ns(registry: IncidentRegistry, incident: Incident) -> int:
    """
    Return the time of the notification of an incident's party, if it lasts until then.

    If another fault that may belong to it was detected at about the same time, the limit applies
    instead: a third witness decides.
    """
    wait = incident.hold_off
    base_ns = wait.from_ns + round(wait.hold_s * NS_PER_S)
    limit_ns = wait.from_ns + round(max(wait.hold_s, wait.limit_s) * NS_PER_S)
    if base_ns >= limit_ns or registry.network_state.now_ns < base_ns:
        return base_ns
    own = incident.fault_ids
    has_company = any(
        other.id not in own
        and other.is_ongoing
        and abs(other.known_ns - wait.from_ns) < limit_ns - wait.from_ns
        and not registry.network_state.is_excused(other)
        for code in registry.covering[incident.code]
        for name in own
        for other in registry.group_peers(code, name)
    )
    return limit_ns if has_company else base_ns


def is_opening_due(registry: IncidentRegistry, incident: Incident) -> bool:
    """Return whether the party of an incident that was not notified yet is to be notified now."""
    return (
        _is_hold_over(registry, incident)
        and not _is_repeated(registry, incident)
        and not is_fresh_evidence_awaited(registry, incident)
    )


def _is_hold_over(registry: IncidentRegistry, incident: Incident) -> bool:
    is_wanted = (
        incident.is_open
        and incident.is_notifiable
        and _is_confirmed(registry, incident)
        and incident.closed_ns is None
        and not incident.is_excused
        and not incident.parents
    )
    return is_wanted and registry.network_state.now_ns >= due_ns(registry, incident)


def _is_repeated(registry: IncidentRegistry, incident: Incident) -> bool:
    """
    Return whether a site would be asked again to pause its transfers over the same line.

    Its page shows it each time; a clerk who is asked nine times a day stops reading the messages.
    """
    if incident.symptom is not Symptom.SLOW_CAUSE_UNKNOWN:
        return False
    since_ns = registry.network_state.now_ns - round(registry.settings.repeat_s * NS_PER_S)
    return any(
        record.kind is NotificationKind.OPENED and record.at_ns > since_ns
        for member in incident.members
        for fault in registry.faults_of(member.subject)
        for other in registry.incidents_holding(fault.id)
        if other.id != incident.id
        and other.headline is not None
        and other.headline.symptom is incident.symptom
        for record in other.notifications
    )


def _is_confirmed(registry: IncidentRegistry, incident: Incident) -> bool:
    """Return whether a fault is the last report, or no other can be expected any more."""
    if incident.is_certain or incident.presumed_ns is None:
        return incident.is_certain
    presume_ns = round(registry.settings.presume_s * NS_PER_S)
    return registry.network_state.now_ns >= incident.presumed_ns + presume_ns


def _opening_cause(incident: Incident) -> NotificationCause:
    causes = [
        (incident.released_ns or 0, NotificationCause.RELEASED),
        (incident.unexcused_ns or 0, NotificationCause.UNEXCUSED),
    ]
    at_ns, cause = max(causes)
    return cause if at_ns and incident.hold_off.from_ns <= at_ns else NotificationCause.STARTED


def end_cause(incident: Incident) -> NotificationCause:
    """Return the cause of the final notification of a closed incident."""
    return {
        ClosureCode.WITHDRAWN: NotificationCause.WITHDRAWN,
        ClosureCode.MERGED: NotificationCause.ABSORBED,
        ClosureCode.CLOSED_BY_CITY: NotificationCause.CLOSED_BY_CITY,
    }.get(incident.closure_code or ClosureCode.RESTORED, NotificationCause.ENDED)


def _resolving_cause(registry: IncidentRegistry, incident: Incident) -> NotificationCause | None:
    """Return the cause to resolve an open notification; ``None`` if there is none."""
    if not incident.is_open:
        return end_cause(incident)
    if _is_notified_above(registry, incident):
        return NotificationCause.ABSORBED
    is_others = incident.notified_party not in {None, incident.party} and not incident.parents
    if is_others and registry.network_state.now_ns >= due_ns(registry, incident):
        return NotificationCause.REASSIGNED
    return None


def _is_notified_above(registry: IncidentRegistry, incident: Incident) -> bool:
    """Return whether any party was notified about a larger incident around one, on any level."""
    waiting, seen = list(incident.parents), set[str]()
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        parent = registry.incidents.get(name)
        if parent is None:
            continue
        if parent.notified_party is not None:
            return True
        waiting += parent.parents
    return False


def _update_cause(registry: IncidentRegistry, incident: Incident) -> NotificationCause | None:
    """
    Return the cause of an update that is due now; ``None`` without news, or if it is too early.
    """
    shown, settings = incident.last_notified, registry.settings
    if shown is None or incident.is_excused or incident.parents or incident.closed_ns is not None:
        return None
    if incident.is_regrouped and registry.decided_faults.isdisjoint(incident.fault_ids):
        return NotificationCause.CHANGED  # a person's decision, which takes effect at once
    waited_ns = registry.network_state.now_ns - shown.at_ns
    if incident.severity.is_worse_than(shown.severity):
        return NotificationCause.WORSE if waited_ns >= round(settings.worse_s * NS_PER_S) else None
    now = (incident.severity, incident.symptom, incident.open_members, len(incident.affected))
    if now == (shown.severity, shown.symptom, shown.open_members, shown.members):
        return None
    return NotificationCause.CHANGED if waited_ns >= _update_interval_ns(registry, shown) else None


def _update_interval_ns(registry: IncidentRegistry, shown: NotifiedState) -> int:
    settings = registry.settings
    return round(min(settings.update_s * 2.0**shown.updates, settings.update_limit_s) * NS_PER_S)


def _logged(
    registry: IncidentRegistry,
    incident: Incident,
    kind: NotificationKind,
    cause: NotificationCause,
    *,
    party: ResponsibleParty,
    events: list[NotificationEvent],
) -> Incident:
    """Return an incident with one more notification logged, and add it to the events."""
    now_ns = registry.network_state.now_ns
    entry = NotificationRecord(
        number=len(incident.notifications) + 1, kind=kind, cause=cause, party=party, at_ns=now_ns
    )
    shown = None
    if kind is not NotificationKind.RESOLVED:
        updates = 0 if incident.last_notified is None else incident.last_notified.updates + 1
        shown = NotifiedState(
            at_ns=now_ns,
            severity=incident.severity,
            symptom=incident.symptom,
            open_members=incident.open_members,
            members=len(incident.affected),
            updates=updates,
        )
    headline = incident.headline
    if kind is NotificationKind.OPENED and (headline is None or headline.party != party):
        headline = _headline(incident)
    logged = msgspec.structs.replace(
        incident,
        member_evidence=_observed(registry, incident),
        notifications=(*incident.notifications, entry),
        last_notified=shown,
        headline=headline,
        is_regrouped=False,
    )
    registry.put_incident(logged)
    events.append(NotificationEvent(record=entry, incident=logged))
    return logged


def _headline(incident: Incident) -> Headline:
    """Return the headline for an incident's title from now on."""
    affected = incident.open_members or len(incident.affected)
    return Headline(
        party=incident.party,
        state=incident.state,
        segment=incident.segment,
        symptom=incident.symptom,
        affected=affected,
        total=incident.total or len(incident.affected),
        variant=incident.variant,
    )


def _observed(registry: IncidentRegistry, incident: Incident) -> tuple[MemberEvidence, ...]:
    """
    Return the evidence of an incident's members, with the present observations of their probes.
    """
    return tuple(
        msgspec.structs.replace(shown, observations=registry.observations_of(shown.subject))
        if place < MEMBERS_WITH_EVIDENCE
        else shown
        for place, shown in enumerate(incident.member_evidence)
    )
