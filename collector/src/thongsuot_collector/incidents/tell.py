"""
Telling: who is told what, and when. Decided here, once; channels only deliver.

A party is told of a fault that goes on, that stands for itself, and that no maintenance excuses,
once its hold is over. Told of it once, it is told of its end, whatever the end is.
"""

import msgspec

from thongsuot_collector.incidents.book import Book
from thongsuot_collector.incidents.incident import Event, Incident, Outcome, Shown
from thongsuot_collector.incidents.ledger import Cause, Entry, Kind
from thongsuot_collector.incidents.party import Responsible
from thongsuot_collector.incidents.trouble import NS_PER_S

_LOOK_NS = 60 * NS_PER_S
"""Whatever was overlooked is seen a minute later."""


def tell(book: Book, incident: Incident) -> list[Event]:
    """Return what is to be told of an incident now, and note it in its ledger."""
    events: list[Event] = []
    ending = _ending(book, incident)
    if ending is not None and incident.told is not None:
        incident = _entered(
            book, incident, Kind.RESOLVED, ending, party=incident.told, events=events
        )
    if incident.told is None:
        if _is_due(book, incident):
            cause = _opening(incident)
            _entered(book, incident, Kind.OPENED, cause, party=incident.party, events=events)
    elif ending is None:
        news = _news(book, incident)
        if news is not None:
            _entered(book, incident, Kind.UPDATED, news, party=incident.told, events=events)
    return events


def next_look_ns(book: Book, incident: Incident) -> int:
    """Return when time alone may next change what is told of an incident, or close it."""
    wait, settings, now_ns = incident.wait, book.settings, book.picture.now_ns
    moments = [
        wait.from_ns + round(wait.hold_s * NS_PER_S),
        wait.from_ns + round(wait.limit_s * NS_PER_S),
    ]
    if incident.closed_ns is not None:
        moments.append(incident.closed_ns + book.calm_ns)
    if incident.shown is not None:
        moments.append(incident.shown.at_ns + round(settings.worse_s * NS_PER_S))
        moments.append(incident.shown.at_ns + _every_ns(book, incident.shown))
    return min((one for one in moments if one > now_ns), default=now_ns + _LOOK_NS)


def due_ns(book: Book, incident: Incident) -> int:
    """
    Return when an incident is to be told, if it goes on until then.

    Where something else that may belong to it has become known at about the same time, the limit is
    waited for instead: the third witness decides.
    """
    wait = incident.wait
    base_ns = wait.from_ns + round(wait.hold_s * NS_PER_S)
    limit_ns = wait.from_ns + round(max(wait.hold_s, wait.limit_s) * NS_PER_S)
    if base_ns >= limit_ns or book.picture.now_ns < base_ns:
        return base_ns
    own = {one.trouble for one in incident.members}
    has_company = any(
        other.id not in own
        and other.is_on
        and abs(other.known_ns - wait.from_ns) < limit_ns - wait.from_ns
        and not book.picture.is_excused(other)
        for code in book.rules[incident.code].depends_on
        for member in incident.members
        for other in book.group_of(code, member.trouble)
    )
    return limit_ns if has_company else base_ns


def _is_due(book: Book, incident: Incident) -> bool:
    is_wanted = (
        incident.is_open
        and incident.is_told
        and _is_believed(book, incident)
        and incident.closed_ns is None
        and not incident.is_excused
        and not incident.parents
    )
    return is_wanted and book.picture.now_ns >= due_ns(book, incident)


def _is_believed(book: Book, incident: Incident) -> bool:
    """Return whether a fault is what was heard last, or nothing else can be expected any more."""
    if incident.is_certain or incident.presumed_ns is None:
        return incident.is_certain
    presume_ns = round(book.settings.presume_s * NS_PER_S)
    return book.picture.now_ns >= incident.presumed_ns + presume_ns


def _opening(incident: Incident) -> Cause:
    causes = [
        (incident.released_ns or 0, Cause.RELEASED),
        (incident.unexcused_ns or 0, Cause.UNEXCUSED),
    ]
    at_ns, cause = max(causes)
    return cause if at_ns and incident.wait.from_ns <= at_ns else Cause.STARTED


def _ending(book: Book, incident: Incident) -> Cause | None:
    """Return why an open notification is to be taken back; ``None`` where it is not."""
    if not incident.is_open:
        return {
            Outcome.WITHDRAWN: Cause.WITHDRAWN,
            Outcome.MERGED: Cause.ABSORBED,
        }.get(incident.outcome or Outcome.RESTORED, Cause.ENDED)
    if any(book.incidents[one].told is not None for one in incident.parents):
        return Cause.ABSORBED
    is_others = incident.told not in {None, incident.party} and not incident.parents
    if is_others and book.picture.now_ns >= due_ns(book, incident):
        return Cause.REASSIGNED
    return None


def _news(book: Book, incident: Incident) -> Cause | None:
    """Return whether there is something new to tell, and whether it may be told already."""
    shown, settings = incident.shown, book.settings
    if shown is None or incident.is_excused or incident.parents or incident.closed_ns is not None:
        return None
    waited_ns = book.picture.now_ns - shown.at_ns
    if incident.severity.is_worse_than(shown.severity):
        return Cause.WORSE if waited_ns >= round(settings.worse_s * NS_PER_S) else None
    now = (incident.severity, incident.symptom, incident.open_members, len(incident.members))
    if now == (shown.severity, shown.symptom, shown.open_members, shown.members):
        return None
    return Cause.CHANGED if waited_ns >= _every_ns(book, shown) else None


def _every_ns(book: Book, shown: Shown) -> int:
    settings = book.settings
    return round(min(settings.update_s * 2.0**shown.updates, settings.update_limit_s) * NS_PER_S)


def _entered(
    book: Book,
    incident: Incident,
    kind: Kind,
    cause: Cause,
    *,
    party: Responsible,
    events: list[Event],
) -> Incident:
    """Return an incident with one more entry in its ledger, and add the event of it."""
    now_ns = book.picture.now_ns
    entry = Entry(
        number=len(incident.ledger) + 1, kind=kind, cause=cause, party=party, at_ns=now_ns
    )
    shown = None
    if kind is not Kind.RESOLVED:
        updates = 0 if incident.shown is None else incident.shown.updates + 1
        shown = Shown(
            at_ns=now_ns,
            severity=incident.severity,
            symptom=incident.symptom,
            open_members=incident.open_members,
            members=len(incident.members),
            updates=updates,
        )
    told = msgspec.structs.replace(incident, ledger=(*incident.ledger, entry), shown=shown)
    book.put(told)
    events.append(Event(entry=entry, incident=told))
    return told
