"""Settling: from cases, which say how it is, to incidents, which remember how it was."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from thongsuot_collector.incidents.fault import NS_PER_S, Fault, readable_id
from thongsuot_collector.incidents.incident import (
    ClosureCode,
    HistoryEntry,
    HoldOff,
    Incident,
    IncidentMember,
    IncidentStatus,
    MemberEvidence,
)
from thongsuot_collector.incidents.registry import GroupKey, IncidentRegistry
from thongsuot_collector.incidents.rule import Candidate, GroupRule
from thongsuot_schema.inventory.communes import NOWHERE

HISTORY_KEPT = 200
"""Lines of history of one incident; the first and the latest stay."""

MEMBERS_WITH_EVIDENCE = 12
"""Members of an outage whose evidence is shown in full; the batches are named of all."""


def update_from_fault(book: IncidentRegistry, trouble: Fault) -> None:
    """Bring the incident of one trouble up to date; it bears the trouble's name."""
    old = book.incidents.get(trouble.id)
    if trouble.is_gone:
        now_ns = book.network_state.now_ns
        code = ClosureCode.MERGED if trouble.merged_into else ClosureCode.WITHDRAWN
        if old is not None and old.closure_code is not code:
            closed = _closed(book, old, code, now_ns)
            if trouble.merged_into:
                entry = HistoryEntry(at_ns=now_ns, event="part of", about=trouble.merged_into)
                closed = with_history(closed, entry)
            book.put_incident(closed)
        return
    for rule in book.single_rules:
        case = rule.assess(trouble, book.network_state)
        if case is not None:
            label = _IncidentKey(trouble.id, rule.code, str(trouble.subject))
            book.put_incident(_incident_from(book, old, label, case))
            return
    raise AssertionError(f"no rule claims a trouble of {trouble.subject}")


def update_group(book: IncidentRegistry, group: GroupKey) -> None:
    """Bring the incidents of one group of one rule up to date."""
    code, key = group
    rule = next(one for one in book.group_rules if one.code == code)
    troubles = [book.faults[one] for one in sorted(book.group_members.get(group, ()))]
    cases = sorted(rule.assess(key, troubles, book.network_state), key=lambda case: case.start_ns)
    left = book.incidents_of(group)
    for case in cases:
        names = {trouble.id for trouble in case.faults}
        same = max(left, key=lambda one: _shared_count(one, names), default=None)
        if same is not None and _shared_count(same, names) == 0:
            same = None
        if same is not None:
            left.remove(same)
        name = readable_id(f"{code} {key}", case.start_ns) if same is None else same.id
        old = same or book.incidents.get(name)
        book.put_incident(_incident_from(book, old, _IncidentKey(name, code, key), case))
    taken = {trouble.id for case in cases for trouble in case.faults}
    for one in left:
        if one.is_open:
            outcome = ClosureCode.MERGED if _shared_count(one, taken) else ClosureCode.WITHDRAWN
            book.put_incident(_closed(book, one, outcome, book.network_state.now_ns))


def close_if_over(book: IncidentRegistry, incident: Incident, end_ns: int | None) -> Incident:
    """Return an incident closed where its end is known, and has lasted."""
    now_ns = book.network_state.now_ns
    if not incident.is_open or end_ns is None or now_ns < end_ns + book.calm_ns:
        return incident
    return _closed(book, incident, ClosureCode.RESTORED, end_ns)


def release_hold_off(book: IncidentRegistry) -> HoldOff:
    """Return the hold of what is left when a larger incident, or planned work, has ended."""
    release_s = book.settings.release_s
    return HoldOff(from_ns=book.network_state.now_ns, hold_s=release_s, limit_s=release_s)


def with_history(incident: Incident, *notes: HistoryEntry) -> Incident:
    """Return an incident with more lines of history."""
    history = (*incident.history, *notes)
    if len(history) > HISTORY_KEPT:
        history = (history[0], *history[1 - HISTORY_KEPT :])
    return msgspec.structs.replace(incident, history=history)


def _shared_count(incident: Incident, troubles: set[str]) -> int:
    return sum(one.fault_id in troubles for one in incident.members)


def _closed(
    book: IncidentRegistry, incident: Incident, outcome: ClosureCode, end_ns: int
) -> Incident:
    now_ns = book.network_state.now_ns
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
    book: IncidentRegistry, old: Incident | None, label: _IncidentKey, case: Candidate
) -> Incident:
    """Return the incident of a case: what it was, as it is now."""
    picture, now_ns = book.network_state, book.network_state.now_ns
    members = tuple(_member(one) for one in case.faults)
    open_subjects = [one.subject for one in members if one.end_ns is None]
    is_excused = bool(open_subjects) and all(map(picture.windows_on, open_subjects))
    fresh = Incident(
        id=label.name,
        code=label.code,
        key=label.key,
        status=IncidentStatus.OPEN,
        opened_ns=case.start_ns,
        error_s=case.faults[0].error_s,
        known_ns=now_ns if old is None else old.known_ns,
        closed_ns=case.end_ns,
        state=case.state,
        segment=case.segment,
        symptom=case.symptom,
        party=case.party,
        severity=case.severity,
        hold_off=_hold_off(book, old, label.code, case),
        is_certain=case.is_certain,
        presumed_ns=case.presumed_ns,
        is_notifiable=case.is_notifiable,
        members=members,
        children=_children(book, label.code, members),
        total=case.total,
        communes=tuple(
            sorted({picture.commune_of(one.subject.site) for one in members} - {NOWHERE})
        ),
        member_evidence=_member_evidence(case.faults),
        windows=_windows(book, case),
        is_excused=is_excused,
    )
    if old is None:
        opened = with_history(fresh, HistoryEntry(at_ns=now_ns, event="opened", about=case.symptom))
        return close_if_over(book, opened, case.end_ns)
    is_released = old.is_excused and not is_excused
    kept = msgspec.structs.replace(
        fresh,
        parents=old.parents,
        released_ns=old.released_ns,
        unexcused_ns=now_ns if is_released else old.unexcused_ns,
        hold_off=release_hold_off(book) if is_released else fresh.hold_off,
        acknowledgement=old.acknowledgement,
        last_notified=old.last_notified,
        history=old.history,
        notifications=old.notifications,
    )
    kept = with_history(kept, *_differences(old, kept, now_ns))
    if old.is_open:
        return close_if_over(book, kept, case.end_ns)
    return _reopened_or_closed(book, old, kept, case)


def _reopened_or_closed(
    book: IncidentRegistry, old: Incident, kept: Incident, case: Candidate
) -> Incident:
    """Return an incident that was closed: still closed, perhaps at another time, or open again."""
    now_ns = book.network_state.now_ns
    if case.end_ns is None or now_ns < case.end_ns + book.calm_ns:
        wait = msgspec.structs.replace(kept.hold_off, from_ns=now_ns)
        return with_history(
            msgspec.structs.replace(kept, hold_off=wait),
            HistoryEntry(at_ns=now_ns, event="open again"),
        )
    return msgspec.structs.replace(
        kept,
        status=IncidentStatus.CLOSED,
        closure_code=ClosureCode.RESTORED,
        closed_known_ns=old.closed_known_ns,
        parents=(),
    )


def _hold_off(book: IncidentRegistry, old: Incident | None, code: str, case: Candidate) -> HoldOff:
    """
    Return the hold: it begins anew when another party is to be told.

    That of many together is settled when they are found; that of one follows its state.
    """
    wait = HoldOff(from_ns=book.network_state.now_ns, hold_s=case.hold_s, limit_s=case.limit_s)
    if old is None or old.party != case.party:
        return wait
    is_resting = old.hold_off.from_ns in {old.released_ns, old.unexcused_ns}
    if is_resting or isinstance(book.rules[code], GroupRule):
        return old.hold_off
    return msgspec.structs.replace(wait, from_ns=old.hold_off.from_ns)


def _children(
    book: IncidentRegistry, code: str, members: Iterable[IncidentMember]
) -> tuple[str, ...]:
    """Return the incidents of a group's members; each bears the name of its trouble."""
    if not isinstance(book.rules[code], GroupRule):
        return ()
    return tuple(sorted(one.fault_id for one in members))


def _member(trouble: Fault) -> IncidentMember:
    interval = trouble.main_phase.interval
    return IncidentMember(
        fault_id=trouble.id,
        subject=trouble.subject,
        start_ns=trouble.start_ns,
        end_ns=trouble.end_ns,
        state=interval.state,
        symptom=interval.symptom,
    )


def _member_evidence(troubles: Sequence[Fault]) -> tuple[MemberEvidence, ...]:
    found = []
    for place, trouble in enumerate(troubles):
        fault = trouble.main_phase
        found.append(
            MemberEvidence(
                subject=trouble.subject,
                state=fault.interval.state,
                segment=fault.interval.segment,
                symptom=fault.interval.symptom,
                since_ns=fault.interval.start_ns,
                batches=trouble.sources,
                evidence=fault.evidence if place < MEMBERS_WITH_EVIDENCE else (),
            )
        )
    return tuple(found)


def _windows(book: IncidentRegistry, case: Candidate) -> tuple[str, ...]:
    """Return the names of the windows during which any member was in trouble."""
    now_ns = book.network_state.now_ns
    return tuple(
        sorted(
            window.id
            for window in book.network_state.windows
            if any(
                window.start_ns < (now_ns if one.end_ns is None else one.end_ns)
                and one.start_ns < window.end_ns
                and window.covers(one.subject, book.network_state.directory)
                for one in case.faults
            )
        )
    )


def _differences(old: Incident, new: Incident, now_ns: int) -> Iterable[HistoryEntry]:
    """Yield what is to be remembered of a change."""
    if (old.state, old.symptom) != (new.state, new.symptom):
        yield HistoryEntry(at_ns=now_ns, event=f"is {new.state}", about=new.symptom)
    if old.opened_ns != new.opened_ns:
        moved_s = (new.opened_ns - old.opened_ns) / NS_PER_S
        yield HistoryEntry(at_ns=now_ns, event="onset", about=f"{moved_s:+.1f} s")
    if old.party != new.party:
        yield HistoryEntry(at_ns=now_ns, event="party", about=str(new.party))
    if old.code != new.code:
        yield HistoryEntry(at_ns=now_ns, event="rule", about=new.code)
    if old.is_excused != new.is_excused:
        yield HistoryEntry(
            at_ns=now_ns, event="maintenance " + ("began" if new.is_excused else "ended")
        )
    yield from _membership_changes(old, new, now_ns)


def _membership_changes(old: Incident, new: Incident, now_ns: int) -> Iterable[HistoryEntry]:
    if len(new.members) == len(old.members) == 1:
        return
    before = {one.fault_id: one for one in old.members}
    for one in new.members:
        was = before.pop(one.fault_id, None)
        if was is None:
            yield HistoryEntry(at_ns=now_ns, event="joined", about=str(one.subject))
        elif was.end_ns is None and one.end_ns is not None:
            yield HistoryEntry(at_ns=now_ns, event="is up", about=str(one.subject))
    for was in before.values():
        yield HistoryEntry(at_ns=now_ns, event="left", about=str(was.subject))
