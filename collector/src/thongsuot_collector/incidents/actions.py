"""Actions: what people and channels do to incidents."""

from collections.abc import Iterable

import msgspec

from thongsuot_collector.incidents.incident import (
    Acknowledgement,
    Dispute,
    HistoryEntry,
    Incident,
    with_delivery,
)
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.incidents.notification_log import DeliveryAttempt
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.incidents.update import with_history


def acknowledge(
    book: IncidentRegistry, name: str, owner: str, now_ns: int, *, note: str = ""
) -> Incident:
    """
    Note who takes care of an incident; returns it.

    Raises:
        KeyError: there is no such incident in the book.
    """
    taken = msgspec.structs.replace(
        book.incidents[name],
        acknowledgement=Acknowledgement(owner=owner, at_ns=now_ns, note=note),
    )
    return _put_incident(
        book, with_history(taken, HistoryEntry(at_ns=now_ns, event="acknowledged", about=owner))
    )


def dispute(book: IncidentRegistry, name: str, dispute: Dispute) -> Incident:
    """
    Note that a party says that an incident is not its own; returns the incident.

    Raises:
        KeyError: there is no such incident in the book.
    """
    disputed = msgspec.structs.replace(book.incidents[name], dispute=dispute)
    about = ": ".join(filter(None, (str(dispute.party), dispute.reference, dispute.reason)))
    entry = HistoryEntry(at_ns=dispute.at_ns, event="disputed", about=about)
    return _put_incident(book, with_history(disputed, entry))


def add_note(
    book: IncidentRegistry, name: str, text: str, now_ns: int, *, event: str = "note"
) -> Incident:
    """
    Add a line to an incident's history; returns it.

    Raises:
        KeyError: there is no such incident in the book.
    """
    entry = HistoryEntry(at_ns=now_ns, event=event, about=text)
    return _put_incident(book, with_history(book.incidents[name], entry))


def record_delivery(
    book: IncidentRegistry,
    name: str,
    number: int,
    delivery: DeliveryAttempt | None,
    *,
    is_done: bool,
) -> Incident:
    """
    Note what became of an entry of an incident's ledger; returns the incident.

    Raises:
        KeyError: there is no such incident in the book.
    """
    return _put_incident(
        book, with_delivery(book.incidents[name], number, delivery, is_done=is_done)
    )


def set_windows(book: IncidentRegistry, windows: Iterable[MaintenanceWindow]) -> None:
    """
    Replace all maintenance windows; the next ``advance`` looks at everything that goes on again.
    """
    book.network_state.windows = tuple(windows)
    book.windows_active = frozenset({""})  # no window's name: what is active differs from it


def _put_incident(book: IncidentRegistry, incident: Incident) -> Incident:
    book.put_incident(incident)
    return incident
