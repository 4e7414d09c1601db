"""Update: from candidates, which describe the present, to incidents, which keep the history."""

from collections.abc import Generator, Iterable
from typing import NamedTuple

import msgspec

from thongsuot_collector.incidents.candidate_details import (
    CandidateDetails,
    details,
    details_in_steps,
)
from thongsuot_collector.incidents.changes import changes_of
from thongsuot_collector.incidents.decision import Closing
from thongsuot_collector.incidents.fault import Fault, readable_id
from thongsuot_collector.incidents.incident import (
    ClosureCode,
    HistoryEntry,
    HoldOff,
    Incident,
    IncidentMember,
    IncidentStatus,
    MemberEvidence,
)
from thongsuot_collector.incidents.merging import merged_incidents, with_merged
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.incidents.rule import Candidate, GroupKey, GroupRule

HISTORY_KEPT = 200
"""Lines of history of one incident; the first and the latest stay."""


def update_from_fault(registry: IncidentRegistry, fault: Fault) -> None:
    """Update the incident of one fault; it has the fault's name."""
    old = registry.incidents.get(fault.id)
    if fault.is_gone:
        now_ns = registry.network_state.now_ns
        code = ClosureCode.MERGED if fault.merged_into else ClosureCode.WITHDRAWN
        if old is not None and old.closure_code is not code:
            closed = _closed(registry, old, code, now_ns)
            if fault.merged_into:
                entry = HistoryEntry(at_ns=now_ns, event="part of", about=fault.merged_into)
                closed = with_history(closed, entry)
                _hand_over_placement(registry, old, registry.incidents.get(fault.merged_into))
            registry.put_incident(closed)
        return
    if not registry.network_state.is_known(fault.subject):
        # ``unknown_names`` makes one incident of all of them: a device may invent names without
        # end, and each would be notified.
        return
    for rule in registry.single_rules:
        candidate = rule.assess(fault, registry.network_state)
        if candidate is not None:
            label = _IncidentKey(fault.id, rule.code, str(fault.subject))
            known = details(candidate, registry.network_state)
            registry.put_incident(_incident_from(registry, old, label, candidate, known))
            return
    raise AssertionError(f"no rule claims a fault of {fault.subject}")


def update_group_in_steps(
    registry: IncidentRegistry, group: GroupKey
) -> Generator[None, None, None]:
    """
    Update the incidents of one group of one rule, in steps that are short regardless of the number
    of faults.

    Incidents are read after the last step, because somebody may acknowledge one in between.
    """
    code, key = group
    rule = next(rule for rule in registry.group_rules if rule.code == code)
    faults = [registry.faults[name] for name in sorted(registry.group_members.get(group, ()))]
    candidates = sorted(
        rule.assess(key, faults, registry.network_state), key=lambda candidate: candidate.start_ns
    )
    yield
    known: list[CandidateDetails] = []
    for candidate in candidates:
        known += [(yield from details_in_steps(candidate, registry.network_state))]
    left = registry.incidents_of(group)
    for candidate, its_details in zip(candidates, known, strict=True):
        names = {fault.id for fault in candidate.faults}
        old = max(left, key=lambda incident: len(incident.own_fault_ids & names), default=None)
        if old is not None and old.own_fault_ids.isdisjoint(names):
            old = None
        if old is not None:
            left.remove(old)
        name = readable_id(f"{code} {key}", candidate.start_ns) if old is None else old.id
        old = old or registry.incidents.get(name)
        label = _IncidentKey(name, code, key)
        registry.put_incident(_incident_from(registry, old, label, candidate, its_details))
    taken = {fault.id for candidate in candidates for fault in candidate.faults}
    for incident in left:
        if incident.is_open or incident.is_closed_by_city:
            registry.put_incident(_without_candidate(registry, incident, taken))


def _without_candidate(registry: IncidentRegistry, incident: Incident, taken: set[str]) -> Incident:
    """
    Return a group incident that no longer has a candidate, closed.

    It is withdrawn only if one of its faults was withdrawn. If its faults were real but belong to
    another incident now, it is merged into that one, or restored when they are over.
    """
    now_ns, own = registry.network_state.now_ns, incident.own_fault_ids
    if not own.isdisjoint(taken):
        return _closed(registry, incident, ClosureCode.MERGED, now_ns)
    members = [registry.faults[name] for name in own if name in registry.faults]
    if any(fault.is_gone for fault in members):
        return _closed(registry, incident, ClosureCode.WITHDRAWN, now_ns)
    if any(fault.is_ongoing for fault in members):
        return _closed(registry, incident, ClosureCode.MERGED, now_ns)
    ends = [fault.end_ns for fault in members if fault.end_ns is not None]
    return _closed(registry, incident, ClosureCode.RESTORED, max(ends, default=now_ns))


def close_if_over(registry: IncidentRegistry, incident: Incident, end_ns: int | None) -> Incident:
    """Return an incident, closed if its end is known and the recovery has lasted."""
    now_ns = registry.network_state.now_ns
    if not incident.is_open or end_ns is None or now_ns < end_ns + registry.calm_ns:
        return incident
    return _closed(registry, incident, ClosureCode.RESTORED, end_ns)


def release_hold_off(registry: IncidentRegistry) -> HoldOff:
    """
    Return the hold of a fault that is left after a larger incident, or planned work, has ended.
    """
    release_s = registry.settings.release_s
    return HoldOff(from_ns=registry.network_state.now_ns, hold_s=release_s, limit_s=release_s)


def with_history(incident: Incident, *notes: HistoryEntry) -> Incident:
    """Return an incident with more lines of history."""
    history = (*incident.history, *notes)
    if len(history) > HISTORY_KEPT:
        history = (history[0], *history[1 - HISTORY_KEPT :])
    return msgspec.structs.replace(incident, history=history)


def _closed(
    registry: IncidentRegistry, incident: Incident, outcome: ClosureCode, end_ns: int
) -> Incident:
    now_ns = registry.network_state.now_ns
    closed = msgspec.structs.replace(
        incident,
        status=IncidentStatus.CLOSED,
        closure_code=outcome,
        closed_ns=end_ns,
        closed_known_ns=now_ns,
        parents=(),
    )
    return with_history(closed, HistoryEntry(at_ns=now_ns, event="closed", about=outcome))


class _IncidentKey(NamedTuple):
    name: str
    code: str
    key: str


def _incident_from(
    registry: IncidentRegistry,
    old: Incident | None,
    label: _IncidentKey,
    candidate: Candidate,
    known: CandidateDetails,
) -> Incident:
    """Return the incident of a candidate: its history, with its current state."""
    state, now_ns = registry.network_state, registry.network_state.now_ns
    merged = merged_incidents(registry, label.name)
    known, merged_fault_ids = with_merged(known, merged)
    members = known.members
    open_subjects = [member.subject for member in members if member.end_ns is None]
    is_excused = bool(open_subjects) and all(map(state.windows_on, open_subjects))
    fresh = Incident(
        id=label.name,
        code=label.code,
        key=label.key,
        status=IncidentStatus.OPEN,
        opened_ns=candidate.start_ns,
        error_s=candidate.faults[0].error_s,
        known_ns=now_ns if old is None else old.known_ns,
        closed_ns=candidate.end_ns,
        state=candidate.state,
        segment=candidate.segment,
        symptom=candidate.symptom,
        party=candidate.party,
        severity=candidate.severity,
        hold_off=_hold_off(registry, old, label.code, candidate),
        is_certain=candidate.is_certain,
        presumed_ns=known.presumed_ns,
        is_notifiable=candidate.is_notifiable and known.is_in_use,
        members=members,
        children=_children(registry, label.code, members, merged),
        total=candidate.total,
        variant=candidate.variant,
        reach=candidate.reach,
        communes=known.communes,
        member_evidence=_with_observations(known.evidence, old),
        windows=_windows(registry, candidate),
        is_excused=is_excused,
        merged_fault_ids=merged_fault_ids,
    )
    if merged and fresh.total is not None:
        fresh = msgspec.structs.replace(fresh, total=max(fresh.total, len(fresh.affected)))
    if old is None:
        opened = with_history(
            fresh, HistoryEntry(at_ns=now_ns, event="opened", about=candidate.symptom)
        )
        return close_if_over(registry, opened, candidate.end_ns)
    kept = _with_past(registry, fresh, old)
    kept = with_history(kept, *changes_of(old, kept, now_ns))
    if old.is_open:
        return close_if_over(registry, kept, candidate.end_ns)
    return _reopened_or_closed(registry, old, kept, candidate)


def _with_past(registry: IncidentRegistry, fresh: Incident, old: Incident) -> Incident:
    """Return a current incident with the notifications, answers and decisions of its past."""
    is_released = old.is_excused and not fresh.is_excused
    return msgspec.structs.replace(
        fresh,
        parents=old.parents,
        released_ns=old.released_ns,
        unexcused_ns=registry.network_state.now_ns if is_released else old.unexcused_ns,
        hold_off=release_hold_off(registry) if is_released else fresh.hold_off,
        acknowledgement=old.acknowledgement,
        dispute=old.dispute,
        past_disputes=old.past_disputes,
        answers=old.answers,
        last_notified=old.last_notified,
        headline=old.headline,
        history=old.history,
        notifications=old.notifications,
        placement=old.placement,
        closing=old.closing,
        is_regrouped=old.is_regrouped,
    )


def _reopened_or_closed(
    registry: IncidentRegistry, old: Incident, kept: Incident, candidate: Candidate
) -> Incident:
    """Return a closed incident: still closed, perhaps with another end, or reopened."""
    now_ns = registry.network_state.now_ns
    if old.closing is not None and _covers(old.closing, candidate):
        is_over = candidate.end_ns is not None
        code = ClosureCode.RESTORED if is_over else ClosureCode.CLOSED_BY_CITY
        if old.closure_code is not code:
            kept = with_history(kept, HistoryEntry(at_ns=now_ns, event="closed", about=code))
        return msgspec.structs.replace(
            kept,
            status=IncidentStatus.CLOSED,
            closure_code=code,
            closed_ns=candidate.end_ns if is_over else old.closing.at_ns,
            closed_known_ns=old.closed_known_ns,
            parents=(),
        )
    if candidate.end_ns is None or now_ns < candidate.end_ns + registry.calm_ns:
        return reopened(kept, HistoryEntry(at_ns=now_ns, event="open again"))
    return msgspec.structs.replace(
        kept,
        status=IncidentStatus.CLOSED,
        closure_code=ClosureCode.RESTORED,
        closed_known_ns=old.closed_known_ns,
        parents=(),
    )


def reopened(incident: Incident, entry: HistoryEntry) -> Incident:
    """Return a closed incident, reopened at the moment of a line of its history."""
    again = msgspec.structs.replace(
        incident,
        status=IncidentStatus.OPEN,
        closure_code=None,
        closed_known_ns=None,
        closing=None,
        hold_off=msgspec.structs.replace(incident.hold_off, from_ns=entry.at_ns),
    )
    if incident.notified_party is None:
        # Its party was notified of its end, and is notified again: earlier acceptances and refusals
        # were about the earlier fault; the record keeps both.
        past = () if again.dispute is None else (again.dispute,)
        again = msgspec.structs.replace(
            again,
            acknowledgement=None,
            dispute=None,
            past_disputes=(*again.past_disputes, *past),
            answers=(),
        )
    return with_history(again, entry)


def _covers(closing: Closing, candidate: Candidate) -> bool:
    """Return whether a person's closing of an incident covers all of its current faults."""
    is_worse = candidate.severity.is_worse_than(closing.severity)
    return not is_worse and all(fault.known_ns <= closing.at_ns for fault in candidate.faults)


def _hand_over_placement(
    registry: IncidentRegistry, gone: Incident, survivor: Incident | None
) -> None:
    """Keep a person's decision about a fault that turns out to be the same as another one."""
    if survivor is None or survivor.placement is not None or gone.placement is None:
        return
    registry.put_incident(msgspec.structs.replace(survivor, placement=gone.placement))


def _hold_off(
    registry: IncidentRegistry, old: Incident | None, code: str, candidate: Candidate
) -> HoldOff:
    """
    Return the hold: it starts again when another party is to be notified.

    The hold of a group is fixed when it is found; that of a single fault follows its state.
    """
    wait = HoldOff(
        from_ns=registry.network_state.now_ns, hold_s=candidate.hold_s, limit_s=candidate.limit_s
    )
    if old is None or old.party != candidate.party:
        return wait
    is_resting = old.hold_off.from_ns in {old.released_ns, old.unexcused_ns}
    if is_resting or isinstance(registry.rules[code], GroupRule):
        return old.hold_off
    return msgspec.structs.replace(wait, from_ns=old.hold_off.from_ns)


def _children(
    registry: IncidentRegistry,
    code: str,
    members: Iterable[IncidentMember],
    merged: Iterable[Incident],
) -> tuple[str, ...]:
    """
    Return the incidents of a group's members, each of which has the name of its fault, and those
    that a person has merged.
    """
    names = {incident.id for incident in merged}
    if isinstance(registry.rules[code], GroupRule):
        held = (name for member in members for name in member.fault_ids)
        names.update(name for name in held if name in registry.incidents)
    return tuple(sorted(names))


def _with_observations(
    evidence: tuple[MemberEvidence, ...], old: Incident | None
) -> tuple[MemberEvidence, ...]:
    """Return evidence with the earlier observations at its subjects."""
    before = () if old is None else old.member_evidence
    observed = {item.subject: item.observations for item in before if item.observations}
    if not observed:
        return evidence
    return tuple(
        msgspec.structs.replace(item, observations=observed.get(item.subject, ()))
        for item in evidence
    )


def _windows(registry: IncidentRegistry, candidate: Candidate) -> tuple[str, ...]:
    """Return the names of the windows during which any member was faulty."""
    now_ns = registry.network_state.now_ns
    return tuple(
        sorted(
            window.id
            for window in registry.network_state.windows
            if any(
                window.start_ns < (now_ns if fault.end_ns is None else fault.end_ns)
                and fault.start_ns < window.end_ns
                and window.covers(fault.subject, registry.network_state.directory)
                for fault in candidate.faults
            )
        )
    )
