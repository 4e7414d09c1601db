"""Relating: which incident stands for which; a parent silences its children without losing them."""

from collections.abc import Iterable

import msgspec

from thongsuot_collector.incidents.book import Book
from thongsuot_collector.incidents.incident import Incident, Note
from thongsuot_collector.incidents.settle import noted, rest


def relate(book: Book, troubles: Iterable[str]) -> None:
    """Find the parents anew of all incidents that hold some troubles."""
    names = {one.id for trouble in troubles for one in book.holding(trouble)}
    for name in sorted(names):
        incident = book.incidents[name]
        parents = tuple(one.id for one in _parents(book, incident))
        if parents != incident.parents:
            book.put(_adopted(book, incident, parents))


def _parents(book: Book, incident: Incident) -> Iterable[Incident]:
    """Yield the open incidents that this one's rule depends on, and that hold all it holds."""
    if not incident.is_open or not incident.members:
        return
    wanted = book.rules[incident.code].depends_on
    own = {one.trouble for one in incident.members}
    for other in book.holding(incident.members[0].trouble):
        is_wanted = other.is_open and other.code in wanted
        if is_wanted and own <= {one.trouble for one in other.members}:
            yield other


def _adopted(book: Book, incident: Incident, parents: tuple[str, ...]) -> Incident:
    now_ns = book.picture.now_ns
    joined = sorted(set(parents) - set(incident.parents))
    notes = [Note(at_ns=now_ns, what="part of", about=one) for one in joined]
    released = msgspec.structs.replace(incident, parents=parents)
    if incident.parents and not parents and incident.is_open:
        released = msgspec.structs.replace(released, released_ns=now_ns, wait=rest(book))
        notes.append(Note(at_ns=now_ns, what="for itself again"))
    return noted(released, *notes)
