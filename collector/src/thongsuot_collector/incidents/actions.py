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
    registry: IncidentRegistry, name: str, owner: str, now_ns: int, *, note: str = ""
) -> Incident:
    """
    Note who takes care of an incident; returns it.

    Raises:
        KeyError: there is no such incident in the registry.
    """
    taken = msgspec.structs.replace(
        registry.incidents[name],
        acknowledgement=Acknowledgement(owner=owner, at_ns=now_ns, note=note),
    )
    return _put_incident(
        registry, with_history(taken, HistoryEntry(at_ns=now_ns, event="acknowledged", about=owner))
    )


def dispute(registry: IncidentRegistry, name: str, dispute: Dispute) -> Incident:
    """
    Note that a party says that an incident is not its own; returns the incident.

    Raises:
        KeyError: there is no such incident in the registry.
    """
    disputed = msgspec.structs.replace(registry.incidents[name], dispute=dispute)
    about = ": ".join(filter(None, (str(dispute.party), dispute.reference, dispute.reason)))
    entry = HistoryEntry(at_ns=dispute.at_ns, event="disputed", about=about)
    return _put_incident(registry, with_history(disputed, entry))


def add_note(
    registry: IncidentRegistry, name: str, text: str, now_ns: int, *, event: str = "note"
) -> Incident:
    """
    Add a line to an incident's history; returns it.

    Raises:
        KeyError: there is no such incident in the registry.
    """
    entry = HistoryEntry(at_ns=now_ns, event=event, about=text)
    return _put_incident(registry, with_history(registry.incidents[name], entry))


def record_delivery(
    registry: IncidentRegistry,
    name: str,
    number: int,
    delivery: DeliveryAttempt | None,
    *,
    is_done: bool,
) -> Incident:
    """
    Note what became of one of an incident's notifications; returns the incident.

    Raises:
        KeyError: there is no such incident in the registry.
    """
    return _put_incident(
        registry, with_delivery(registry.incidents[name], number, delivery, is_done=is_done)
    )


def set_windows(registry: IncidentRegistry, windows: Iterable[MaintenanceWindow]) -> None:
    """
    Replace all maintenance windows; the next ``advance`` looks at everything that goes on again.
    """
    registry.network_state.windows = tuple(windows)
    registry.windows_active = frozenset({""})  # no window's name: what is active differs from it


def _put_incident(registry: IncidentRegistry, incident: Incident) -> Incident:
    registry.put_incident(incident)
    return incident
