"""Feedback: what a receiver says comes back into the incident. Pure."""

from typing import Final

import msgspec

from thongsuot_collector.incidents.actions import acknowledge, remark
from thongsuot_collector.incidents.book import Book
from thongsuot_collector.incidents.party import Responsible

OWNED: Final = frozenset({"acknowledged", "inProgress"})
"""States of a ticket (TMF621) in which the receiver has taken it on."""


class Feedback(msgspec.Struct, frozen=True, kw_only=True):
    """A receiver's word for how far it is with an incident: the status of its ticket."""

    incident: str
    audience: Responsible
    channel: str
    reference: str
    status: str
    text: str
    at_ns: int


def take(book: Book, feedback: Feedback) -> None:
    """
    Note in an incident what a receiver said of it; an incident not in the book is long over.

    Who takes a ticket on acknowledges the incident, unless a person has done so before.
    """
    incident = book.incidents.get(feedback.incident)
    if incident is None:
        return
    said = f"{feedback.channel} {feedback.reference}: {feedback.status}"
    if feedback.text:
        said += f" ({feedback.text})"
    if feedback.status in OWNED and incident.acknowledgement is None:
        owner = str(feedback.audience)
        acknowledge(book, incident.id, owner, feedback.at_ns, note=said)
    else:
        remark(book, incident.id, said, feedback.at_ns)
