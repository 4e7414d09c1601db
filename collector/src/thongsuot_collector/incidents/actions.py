"""Actions: what people and channels do to incidents."""

from collections.abc import Iterable

import msgspec

from thongsuot_collector.incidents.book import Book
from thongsuot_collector.incidents.incident import Acknowledgement, Incident, Note, with_delivery
from thongsuot_collector.incidents.ledger import Delivery
from thongsuot_collector.incidents.settle import noted
from thongsuot_collector.incidents.window import Window


def acknowledge(book: Book, name: str, owner: str, now_ns: int, *, note: str = "") -> Incident:
    """
    Note who takes care of an incident; returns it.

    Raises:
        KeyError: there is no such incident in the book.
    """
    taken = msgspec.structs.replace(
        book.incidents[name],
        acknowledgement=Acknowledgement(owner=owner, at_ns=now_ns, note=note),
    )
    return _put(book, noted(taken, Note(at_ns=now_ns, what="acknowledged", about=owner)))


def remark(book: Book, name: str, text: str, now_ns: int) -> Incident:
    """
    Add a line to an incident's history; returns it.

    Raises:
        KeyError: there is no such incident in the book.
    """
    return _put(book, noted(book.incidents[name], Note(at_ns=now_ns, what="note", about=text)))


def deliver(
    book: Book, name: str, number: int, delivery: Delivery | None, *, is_done: bool
) -> Incident:
    """
    Note what became of an entry of an incident's ledger; returns the incident.

    Raises:
        KeyError: there is no such incident in the book.
    """
    return _put(book, with_delivery(book.incidents[name], number, delivery, is_done=is_done))


def plan(book: Book, windows: Iterable[Window]) -> None:
    """
    Replace all maintenance windows; the next ``advance`` looks at everything that goes on again.
    """
    book.picture.windows = tuple(windows)
    book.windows_active = frozenset({""})  # no window's name: what is active differs from it


def _put(book: Book, incident: Incident) -> Incident:
    book.put(incident)
    return incident
