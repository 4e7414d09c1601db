"""Feedback: records delivery results and the answers of receivers in the incident."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Protocol

from thongsuot_collector.incidents.answer import Dispute
from thongsuot_collector.incidents.incident import Incident, NotificationEvent
from thongsuot_collector.incidents.notification_log import DeliveryAttempt
from thongsuot_collector.incidents.party import ResponsibleParty
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.notify.dispatch.thread import RouteState
from thongsuot_collector.notify.message import Acceptance, ReceiverStatus


class IncidentRecorder(Protocol):
    """
    The interface to the consumer that owns the incidents (``correlation.consumer``).

    The methods that write raise ``KeyError`` when the incident is not in the registry (long over).
    """

    registry: IncidentRegistry

    def pending_notifications(self) -> tuple[NotificationEvent, ...]:
        """Return the notifications that are not marked as done."""

    async def record_delivery(
        self, name: str, number: int, delivery: DeliveryAttempt | None, *, is_done: bool
    ) -> None:
        """Record the delivery of a notification."""

    async def acknowledge(self, name: str, owner: str, note: str = "") -> Incident:
        """Record the owner of an incident."""

    async def dispute(self, name: str, dispute: Dispute) -> Incident:
        """Record that a party disputes its responsibility for an incident."""

    async def add_note(self, name: str, text: str, *, event: str = "note") -> Incident:
        """Add a line to an incident's history."""


Record = Callable[[IncidentRecorder], Awaitable[object]]
"""Writes one record into the incidents; raises ``KeyError`` if the incident is long over."""


class RecordQueue:
    """Records to write into the incidents, in order; ``put`` does not wait for the disk."""

    def __init__(self) -> None:
        self._records: asyncio.Queue[Record] = asyncio.Queue()

    def put(self, record: Record) -> None:
        """Queue a record."""
        self._records.put_nowait(record)

    async def run(self, incidents: IncidentRecorder) -> None:
        """Write until cancelled."""
        while True:
            record = await self._records.get()
            # An incident that is not in the registry any more is long over, and complete in the
            # store.
            with contextlib.suppress(KeyError):
                await record(incidents)


async def record_status(
    incidents: IncidentRecorder,
    *,
    incident: str,
    audience: ResponsibleParty,
    route: RouteState,
    status: ReceiverStatus,
    dispute: Dispute | None,
) -> None:
    """
    Record a receiver's status in an incident.

    A party that accepts a ticket acknowledges the incident, unless somebody has done so before.
    ``dispute`` is set if it refuses the ticket of an ongoing incident. Records written before a
    crash are not repeated.
    """
    known = incidents.registry.incidents.get(incident)
    if known is None:
        return  # long over
    about = ": ".join(filter(None, (route.reference, status.text)))
    event = f"ticket {status.status}"
    ticket_entries = [entry for entry in known.history if entry.event.startswith("ticket ")]
    of_ticket = [
        entry for entry in ticket_entries if entry.about.partition(": ")[0] == route.reference
    ]
    if not of_ticket or (of_ticket[-1].event, of_ticket[-1].about) != (event, about):
        await incidents.add_note(incident, about, event=event)
    if dispute is not None:
        await incidents.dispute(incident, dispute)
    elif status.acceptance is Acceptance.ACCEPTED and known.acknowledgement is None:
        await incidents.acknowledge(incident, str(audience), about)
