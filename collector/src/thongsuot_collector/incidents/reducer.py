"""
Reducer: ``advance`` is the whole of it. Rewrites of the timeline and the passing of time go in,
events come out; what happened to incidents in between is in the book.
"""

from collections.abc import Iterable

from thongsuot_collector.incidents.book import Book, GroupKey
from thongsuot_collector.incidents.incident import Event
from thongsuot_collector.incidents.relate import relate
from thongsuot_collector.incidents.rule import Group
from thongsuot_collector.incidents.settle import close_if_over, settle_group, settle_trouble
from thongsuot_collector.incidents.take import take
from thongsuot_collector.incidents.tell import next_look_ns, tell
from thongsuot_collector.incidents.trouble import NS_PER_S
from thongsuot_collector.timeline.interval import Rewrite

_FORGET_EVERY_NS = 3_600 * NS_PER_S


def advance(
    book: Book, rewrites: Iterable[Rewrite], now_ns: int, *, is_listening: bool = True
) -> tuple[Event, ...]:
    """
    Take what changed, and let time pass up to ``now_ns``; return what is to be told.

    Call it with every change and about once a second. While not ``is_listening`` (the consumer is
    catching up on what came in long ago) everything is recorded and nobody is told: what is still
    going on when it has caught up is told then.
    """
    picture = book.picture
    picture.now_ns = now_ns
    troubles: set[str] = set()
    for rewrite in rewrites:
        troubles |= take(book, rewrite)
    troubles |= _by_windows(book)
    groups: set[GroupKey] = set()
    for name in sorted(troubles):
        trouble = book.troubles[name]
        settle_trouble(book, trouble)
        groups |= book.regroup(trouble)
    for group in sorted(groups):
        settle_group(book, group)
        troubles |= book.members.get(group, set())
        troubles |= {m.trouble for one in book.incidents_of(group) for m in one.members}
    troubles |= _close(book, troubles)
    relate(book, troubles)
    if not is_listening:
        book.looks.clear()
        return ()
    events = _tell(book, troubles)
    _forget(book)
    return tuple(events)


def pending(book: Book) -> tuple[Event, ...]:
    """
    Return what was to be told and is not done yet, oldest first: after a restart, to go on with.

    The incident is as it is now, not as it was.
    """
    found = [
        Event(entry=entry, incident=incident)
        for incident in book.incidents.values()
        for entry in incident.ledger
        if not entry.is_done
    ]
    return tuple(sorted(found, key=lambda event: (event.entry.at_ns, event.id)))


def _by_windows(book: Book) -> set[str]:
    """Return all troubles that go on where a maintenance window has opened or closed."""
    now_ns = book.picture.now_ns
    active = frozenset(one.id for one in book.picture.windows if one.is_active(now_ns))
    if active == book.windows_active:
        return set()
    book.windows_active = active
    return {member.trouble for name in book.active for member in book.incidents[name].members}


def _close(book: Book, troubles: set[str]) -> set[str]:
    """Close what is over; return the troubles that were in it."""
    touched: set[str] = set()
    for name in _to_look_at(book, troubles):
        incident = book.incidents[name]
        closed = close_if_over(book, incident, incident.closed_ns)
        if closed is not incident:
            book.put(closed)
            touched |= {one.trouble for one in closed.members}
    return touched


def _tell(book: Book, troubles: set[str]) -> list[Event]:
    """Tell what is due: parents first, their children in their light."""
    events: list[Event] = []
    names = _to_look_at(book, troubles)
    for are_groups in (True, False):
        for name in sorted(names):
            incident = book.incidents[name]
            if isinstance(book.rules[incident.code], Group) is not are_groups:
                continue
            told = tell(book, incident)
            events.extend(told)
            if told:
                names |= book.active & set(incident.children)
            if name in book.active:
                book.looks[name] = next_look_ns(book, book.incidents[name])
    return events


def _to_look_at(book: Book, troubles: set[str]) -> set[str]:
    """Return the active incidents that hold some troubles, or whose time has come."""
    now_ns, looks = book.picture.now_ns, book.looks
    names = {name for name in book.active if looks.get(name, 0) <= now_ns}
    for trouble in troubles:
        names.update(one.id for one in book.holding(trouble))
    return names & book.active


def _forget(book: Book) -> None:
    """Drop from memory what was closed long ago, with all that it was part of."""
    now_ns = book.picture.now_ns
    if now_ns - book.forgot_ns < _FORGET_EVERY_NS:
        return
    book.forgot_ns = now_ns
    before_ns = now_ns - round(book.settings.kept_s * NS_PER_S)
    old = {
        one.id
        for one in book.incidents.values()
        if one.id not in book.active and (one.closed_known_ns or now_ns) < before_ns
    }
    while tied := {name for name in old if not _stands_alone(book, name, old)}:
        old -= tied
    for name in sorted(old):
        book.forget(book.incidents[name])


def _stands_alone(book: Book, name: str, old: set[str]) -> bool:
    """Return whether everything that shares a trouble with an incident is old as well."""
    return all(
        other.id in old
        for member in book.incidents[name].members
        for other in book.holding(member.trouble)
    )
