"""Escalation: whom to notify when nobody has accepted an incident in time. Pure."""

from collections.abc import Iterable

import msgspec

from thongsuot_collector.incidents.answer import Escalation
from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.notification_log import NotificationKind, NotificationRecord
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.dispatch.thread import NotificationThread
from thongsuot_collector.notify.settings import NotifySettings
from thongsuot_schema.inventory.model import Carrier, EscalationStep, Link
from thongsuot_schema.segment import Party
from thongsuot_schema.words.dates import local

_CITY_ALONE = (EscalationStep(title="", is_city=True),)


class DueStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a chain that is due, and whether it notifies the city."""

    escalation: Escalation
    is_city: bool


def due_steps(
    incident: Incident,
    thread: NotificationThread,
    directory: InventoryDirectory,
    settings: NotifySettings,
    *,
    now_ns: int,
) -> list[DueStep]:
    """
    Return the due steps of the carrier's escalation chain, including those already taken.

    ``thread`` is the carrier's. Nothing is due for incidents that are over, disputed or accepted.
    """
    if not is_unaccepted(incident):
        return []
    overdue_ns = accept_until_ns(incident, thread, directory, settings)
    return [
        DueStep(
            escalation=Escalation(
                step=number, title=step.title, at_ns=now_ns, routes=step.channels
            ),
            is_city=step.is_city,
        )
        for number, step in enumerate(_chain(directory.carrier(incident.party.name), settings), 1)
        if now_ns >= overdue_ns + round(step.after_s * NS_PER_S)
    ]


def is_unaccepted(incident: Incident) -> bool:
    """Return whether a carrier was notified about an incident that nobody has accepted."""
    return (
        incident.is_open
        and incident.party.party is Party.CARRIER
        and incident.notified_party == incident.party
        and incident.acknowledgement is None
        and incident.acting_party == incident.party
        and not incident.is_excused
    )


def accept_until_ns(
    incident: Incident,
    thread: NotificationThread,
    directory: InventoryDirectory,
    settings: NotifySettings,
) -> int:
    """
    Return the carrier's deadline to accept an incident (Unix time).

    The time runs from the delivery of the notification; if no channel has delivered it, from the
    time when it was due; after a dispute, from the city's decision.
    """
    notified_ns = [state.notified_ns for state in thread.routes if state.notified_ns]
    from_ns = min(notified_ns, default=_opening(incident).at_ns)
    if incident.dispute is not None:
        from_ns = max(from_ns, incident.dispute.settled_ns or 0)
    return from_ns + round(_accept_s(incident, directory, settings) * NS_PER_S)


def _opening(incident: Incident) -> NotificationRecord:
    """Return the first notification of the ongoing incident to its party."""
    opened = [item for item in incident.notifications if item.kind is NotificationKind.OPENED]
    return opened[-1]


def _accept_s(incident: Incident, directory: InventoryDirectory, settings: NotifySettings) -> float:
    """Return the shortest time to accept in the contracts of its circuits."""
    month = f"{local(incident.opened_ns / NS_PER_S):%Y-%m}"
    contracts = [directory.contract(link, month) for link in _links(incident, directory)]
    agreed = [contract.accept_s for contract in contracts if contract and contract.accept_s]
    return min(agreed, default=settings.accept_within_s)


def _links(incident: Incident, directory: InventoryDirectory) -> Iterable[Link]:
    for member in incident.members:
        link = directory.link(member.subject.site, member.subject.link)
        if link is not None:
            yield link


def _chain(carrier: Carrier | None, settings: NotifySettings) -> tuple[EscalationStep, ...]:
    """Return a carrier's chain; without one, a step to the city if it has an audience."""
    if carrier is not None and carrier.escalation:
        return carrier.escalation
    return _CITY_ALONE if settings.city else ()
