"""Feedback: what a receiver says comes back into the incident."""

from typing import Final, Protocol

import msgspec

from thongsuot_collector.incidents.incident import Incident, NotificationEvent
from thongsuot_collector.incidents.notification_log import DeliveryAttempt
from thongsuot_collector.incidents.party import ResponsibleParty
from thongsuot_collector.incidents.registry import IncidentRegistry

ACCEPTED_STATES: Final = frozenset({"acknowledged", "inProgress"})
"""States of a ticket (TMF621) in which the receiver has taken it on."""


class IncidentRecorder(Protocol):
    """What telling needs of whoever keeps the incidents (``correlation.keeper``)."""

    registry: IncidentRegistry

    def pending_notifications(self) -> tuple[NotificationEvent, ...]:
        """Return what was to be told and is not marked as done."""

    async def record_delivery(
        self, name: str, number: int, delivery: DeliveryAttempt | None, *, is_done: bool
    ) -> None:
        """Note what became of an entry; ``KeyError``: the incident is long over."""

    async def acknowledge(self, name: str, owner: str, note: str = "") -> Incident:
        """Note who takes care of an incident; ``KeyError`` as above."""

    async def add_note(self, name: str, text: str) -> Incident:
        """Add a line to an incident's history; ``KeyError`` as above."""


class ReceiverFeedback(msgspec.Struct, frozen=True, kw_only=True):
    """A receiver's word for how far it is with an incident: the status of its ticket."""

    incident: str
    audience: ResponsibleParty
    channel: str
    reference: str
    status: str
    text: str


async def apply_feedback(incidents: IncidentRecorder, feedback: ReceiverFeedback) -> None:
    """
    Note in an incident what a receiver said of it; an incident not in the book is long over.

    Who takes a ticket on acknowledges the incident, unless somebody has done so before.
    """
    incident = incidents.registry.incidents.get(feedback.incident)
    if incident is None:
        return
    said = f"{feedback.channel} {feedback.reference}: {feedback.status}"
    if feedback.text:
        said += f" ({feedback.text})"
    if feedback.status in ACCEPTED_STATES and incident.acknowledgement is None:
        await incidents.acknowledge(incident.id, str(feedback.audience), said)
    else:
        await incidents.add_note(incident.id, said)
