"""Comments: engineers' notes about an incident, in its history and the audit log."""

import time

from thongsuot_collector.correlation.audited import AuditedAction
from thongsuot_collector.correlation.consumer import IncidentConsumer
from thongsuot_collector.incidents import actions
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.store.audit import AuditAction

EVENT = "comment"


async def comment(
    consumer: IncidentConsumer, name: str, *, person: str, text: str, by: str
) -> Incident:
    """
    Add a comment to an incident's history; ``by`` is the author in the audit log.

    Raises:
        KeyError: it is not in the registry (never was, or was closed long ago).
    """
    noted = actions.add_note(
        consumer.registry, name, f"{person}: {text}", time.time_ns(), event=EVENT
    )
    return await consumer.write_audited(
        noted,
        AuditedAction(action=AuditAction.INCIDENT_COMMENTED, incident=name, by=by, note=text),
    )
