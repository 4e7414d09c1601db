"""City decisions: engineers' decisions about incidents, written with their author and reason."""

import asyncio
import time
from collections.abc import Sequence

from sqlalchemy import Engine

from thongsuot_collector.correlation import rows
from thongsuot_collector.correlation.audited import AuditedAction
from thongsuot_collector.correlation.consumer import IncidentConsumer
from thongsuot_collector.incidents import city_decisions
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.store.audit import AuditAction

PLANNED_EVENT = "maintenance planned"


class CityDecisions:
    """
    Decisions of an engineer; ``person`` is the displayed name, ``by`` the name in the audit log.

    Each method raises the exceptions of its namesake in ``incidents.city_decisions``.
    """

    def __init__(self, consumer: IncidentConsumer, store: Engine) -> None:
        self._consumer = consumer
        self._store = store

    async def merge(self, name: str, into: str, *, person: str, reason: str, by: str) -> None:
        """Merge an incident into another one."""
        incident, _ = city_decisions.merge(
            self._consumer.registry, name, into, by=person, reason=reason, now_ns=time.time_ns()
        )
        await self._write(incident, AuditAction.INCIDENT_MERGED, f"into {into}: {reason}", by)

    async def split(self, name: str, member: str, *, person: str, reason: str, by: str) -> None:
        """Take an incident out of the larger one of a name."""
        incident, _ = city_decisions.split(
            self._consumer.registry, name, member, by=person, reason=reason, now_ns=time.time_ns()
        )
        await self._write(incident, AuditAction.INCIDENT_SPLIT, f"out of {name}: {reason}", by)

    async def close(self, name: str, *, person: str, reason: str, by: str) -> None:
        """Close an incident, whatever the measurements show."""
        incident = city_decisions.close(
            self._consumer.registry, name, by=person, reason=reason, now_ns=time.time_ns()
        )
        await self._write(incident, AuditAction.INCIDENT_CLOSED, reason, by)

    async def reopen(self, name: str, *, person: str, reason: str, by: str) -> None:
        """Reopen an incident that somebody has closed."""
        incident = city_decisions.reopen(
            self._consumer.registry, name, by=person, reason=reason, now_ns=time.time_ns()
        )
        await self._write(incident, AuditAction.INCIDENT_REOPENED, reason, by)

    async def plan_work(
        self, name: str, windows: Sequence[MaintenanceWindow], *, person: str, by: str
    ) -> None:
        """Plan maintenance from an incident: the windows first, then the entry in its history."""
        await asyncio.to_thread(rows.put_windows, self._store, windows, by=by)
        await self._consumer.refresh_windows()
        names = ", ".join(window.id for window in windows)
        note = windows[0].note if windows else ""
        await self._consumer.add_note(name, f"{names}: {person}: {note}", event=PLANNED_EVENT)

    async def _write(self, incident: Incident, action: AuditAction, note: str, by: str) -> None:
        audited = AuditedAction(action=action, incident=incident.id, by=by, note=note)
        await self._consumer.write_audited(incident, audited)
