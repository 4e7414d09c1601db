"""Settling: from cases, which say how it is, to incidents, which remember how it was."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from thongsuot_collector.incidents.book import Book, GroupKey
from thongsuot_collector.incidents.incident import (
    Exhibit,
    Incident,
    Member,
    Note,
    Outcome,
    Status,
    Wait,
)
from thongsuot_collector.incidents.rule import Case, Group
from thongsuot_collector.incidents.trouble import NS_PER_S, Trouble, name_of
from thongsuot_schema.inventory.communes import NOWHERE

HISTORY_KEPT = 200
"""Lines of history of one incident; the first and the latest stay."""

EXHIBITS_WITH_EVIDENCE = 12
"""Members of an outage whose evidence is shown in full; the batches are named of all."""


def settle_trouble(book: Book, trouble: Trouble) -> None:
    """Bring the incident of one trouble up to date; it bears the trouble's name."""
    old = book.incidents.get(trouble.id)
    if trouble.is_gone:
        if old is not None and old.outcome is not Outcome.WITHDRAWN:
            book.put(_ended(book, old, Outcome.WITHDRAWN, book.picture.now_ns))
        return
    for rule in book.singles:
        case = rule.judge(trouble, book.picture)
        if case is not None:
            label = _Label(trouble.id, rule.code, str(trouble.subject))
            book.put(_described(book, old, label, case))
            return
    raise AssertionError(f"no rule claims a trouble of {trouble.subject}")


def settle_group(book: Book, group: GroupKey) -> None:
    """Bring the incidents of one group of one rule up to date."""
    code, key = group
    rule = next(one for one in book.groups if one.code == code)
    troubles = [book.troubles[one] for one in sorted(book.members.get(group, ()))]
    cases = sorted(rule.judge(key, troubles, book.picture), key=lambda case: case.start_ns)
    left = book.incidents_of(group)
    for case in cases:
        names = {trouble.id for trouble in case.troubles}
        same = max(left, key=lambda one: _shared(one, names), default=None)
        if same is not None and _shared(same, names) == 0:
            same = None
        if same is not None:
            left.remove(same)
        name = name_of(f"{code} {key}", case.start_ns) if same is None else same.id
        old = same or book.incidents.get(name)
        book.put(_described(book, old, _Label(name, code, key), case))
    taken = {trouble.id for case in cases for trouble in case.troubles}
    for one in left:
        if one.is_open:
            outcome = Outcome.MERGED if _shared(one, taken) else Outcome.WITHDRAWN
            book.put(_ended(book, one, outcome, book.picture.now_ns))


def close_if_over(book: Book, incident: Incident, end_ns: int | None) -> Incident:
    """Return an incident closed where its end is known, and has lasted."""
    now_ns = book.picture.now_ns
    if not incident.is_open or end_ns is None or now_ns < end_ns + book.calm_ns:
        return incident
    return _ended(book, incident, Outcome.RESTORED, end_ns)


def rest(book: Book) -> Wait:
    """Return the hold of what is left when a larger incident, or planned work, has ended."""
    release_s = book.settings.release_s
    return Wait(from_ns=book.picture.now_ns, hold_s=release_s, limit_s=release_s)


def noted(incident: Incident, *notes: Note) -> Incident:
    """Return an incident with more lines of history."""
    history = (*incident.history, *notes)
    if len(history) > HISTORY_KEPT:
        history = (history[0], *history[1 - HISTORY_KEPT :])
    return msgspec.structs.replace(incident, history=history)


def _shared(incident: Incident, troubles: set[str]) -> int:
    return sum(one.trouble in troubles for one in incident.members)


def _ended(book: Book, incident: Incident, outcome: Outcome, end_ns: int) -> Incident:
    now_ns = book.picture.now_ns
    closed = msgspec.structs.replace(
        incident,
        status=Status.CLOSED,
        outcome=outcome,
        closed_ns=end_ns,
        closed_known_ns=now_ns,
        parents=(),
    )
    return noted(closed, Note(at_ns=now_ns, what="closed", about=outcome))


class _Label(NamedTuple):
    name: str
    code: str
    key: str


def _described(book: Book, old: Incident | None, label: _Label, case: Case) -> Incident:
    """Return the incident of a case: what it was, as it is now."""
    picture, now_ns = book.picture, book.picture.now_ns
    members = tuple(_member(one) for one in case.troubles)
    open_subjects = [one.subject for one in members if one.end_ns is None]
    is_excused = bool(open_subjects) and all(map(picture.windows_on, open_subjects))
    fresh = Incident(
        id=label.name,
        code=label.code,
        key=label.key,
        status=Status.OPEN,
        opened_ns=case.start_ns,
        error_s=case.troubles[0].error_s,
        known_ns=now_ns if old is None else old.known_ns,
        closed_ns=case.end_ns,
        state=case.state,
        segment=case.segment,
        symptom=case.symptom,
        party=case.party,
        severity=case.severity,
        wait=_wait(book, old, label.code, case),
        is_certain=case.is_certain,
        presumed_ns=case.presumed_ns,
        is_told=case.is_told,
        members=members,
        children=_children(book, label.code, members),
        total=case.total,
        communes=tuple(
            sorted({picture.commune_of(one.subject.site) for one in members} - {NOWHERE})
        ),
        exhibits=_exhibits(case.troubles),
        windows=_windows(book, case),
        is_excused=is_excused,
    )
    if old is None:
        opened = noted(fresh, Note(at_ns=now_ns, what="opened", about=case.symptom))
        return close_if_over(book, opened, case.end_ns)
    is_released = old.is_excused and not is_excused
    kept = msgspec.structs.replace(
        fresh,
        parents=old.parents,
        released_ns=old.released_ns,
        unexcused_ns=now_ns if is_released else old.unexcused_ns,
        wait=rest(book) if is_released else fresh.wait,
        acknowledgement=old.acknowledgement,
        shown=old.shown,
        history=old.history,
        ledger=old.ledger,
    )
    kept = noted(kept, *_differences(old, kept, now_ns))
    if old.is_open:
        return close_if_over(book, kept, case.end_ns)
    return _again(book, old, kept, case)


def _again(book: Book, old: Incident, kept: Incident, case: Case) -> Incident:
    """Return an incident that was closed: still closed, perhaps at another time, or open again."""
    now_ns = book.picture.now_ns
    if case.end_ns is None or now_ns < case.end_ns + book.calm_ns:
        wait = msgspec.structs.replace(kept.wait, from_ns=now_ns)
        return noted(
            msgspec.structs.replace(kept, wait=wait), Note(at_ns=now_ns, what="open again")
        )
    return msgspec.structs.replace(
        kept,
        status=Status.CLOSED,
        outcome=Outcome.RESTORED,
        closed_known_ns=old.closed_known_ns,
        parents=(),
    )


def _wait(book: Book, old: Incident | None, code: str, case: Case) -> Wait:
    """
    Return the hold: it begins anew when another party is to be told.

    That of many together is settled when they are found; that of one follows its state.
    """
    wait = Wait(from_ns=book.picture.now_ns, hold_s=case.hold_s, limit_s=case.limit_s)
    if old is None or old.party != case.party:
        return wait
    is_resting = old.wait.from_ns in {old.released_ns, old.unexcused_ns}
    if is_resting or isinstance(book.rules[code], Group):
        return old.wait
    return msgspec.structs.replace(wait, from_ns=old.wait.from_ns)


def _children(book: Book, code: str, members: Iterable[Member]) -> tuple[str, ...]:
    """Return the incidents of a group's members; each bears the name of its trouble."""
    if not isinstance(book.rules[code], Group):
        return ()
    return tuple(sorted(one.trouble for one in members))


def _member(trouble: Trouble) -> Member:
    interval = trouble.fault.interval
    return Member(
        trouble=trouble.id,
        subject=trouble.subject,
        start_ns=trouble.start_ns,
        end_ns=trouble.end_ns,
        state=interval.state,
        symptom=interval.symptom,
    )


def _exhibits(troubles: Sequence[Trouble]) -> tuple[Exhibit, ...]:
    found = []
    for place, trouble in enumerate(troubles):
        fault = trouble.fault
        found.append(
            Exhibit(
                subject=trouble.subject,
                state=fault.interval.state,
                segment=fault.interval.segment,
                symptom=fault.interval.symptom,
                since_ns=fault.interval.start_ns,
                batches=trouble.sources,
                evidence=fault.evidence if place < EXHIBITS_WITH_EVIDENCE else (),
            )
        )
    return tuple(found)


def _windows(book: Book, case: Case) -> tuple[str, ...]:
    """Return the names of the windows during which any member was in trouble."""
    now_ns = book.picture.now_ns
    return tuple(
        sorted(
            window.id
            for window in book.picture.windows
            if any(
                window.start_ns < (now_ns if one.end_ns is None else one.end_ns)
                and one.start_ns < window.end_ns
                and window.covers(one.subject, book.picture.directory)
                for one in case.troubles
            )
        )
    )


def _differences(old: Incident, new: Incident, now_ns: int) -> Iterable[Note]:
    """Yield what is to be remembered of a change."""
    if (old.state, old.symptom) != (new.state, new.symptom):
        yield Note(at_ns=now_ns, what=f"is {new.state}", about=new.symptom)
    if old.opened_ns != new.opened_ns:
        moved_s = (new.opened_ns - old.opened_ns) / NS_PER_S
        yield Note(at_ns=now_ns, what="onset", about=f"{moved_s:+.1f} s")
    if old.party != new.party:
        yield Note(at_ns=now_ns, what="party", about=str(new.party))
    if old.code != new.code:
        yield Note(at_ns=now_ns, what="rule", about=new.code)
    if old.is_excused != new.is_excused:
        yield Note(at_ns=now_ns, what="maintenance " + ("began" if new.is_excused else "ended"))
    yield from _comings_and_goings(old, new, now_ns)


def _comings_and_goings(old: Incident, new: Incident, now_ns: int) -> Iterable[Note]:
    if len(new.members) == len(old.members) == 1:
        return
    before = {one.trouble: one for one in old.members}
    for one in new.members:
        was = before.pop(one.trouble, None)
        if was is None:
            yield Note(at_ns=now_ns, what="joined", about=str(one.subject))
        elif was.end_ns is None and one.end_ns is not None:
            yield Note(at_ns=now_ns, what="is up", about=str(one.subject))
    for was in before.values():
        yield Note(at_ns=now_ns, what="left", about=str(was.subject))
