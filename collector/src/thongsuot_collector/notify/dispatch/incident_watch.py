"""
Incident watch: notifies parties about disputes, decisions and missing acknowledgements.

It works from the state of incidents, not from events: work interrupted by a crash is found again,
and sent notifications are in the thread.
"""

import asyncio
import logging
from collections.abc import Callable

from thongsuot_collector.incidents.incident import Incident, NotificationEvent
from thongsuot_collector.incidents.party import CITY, ResponsibleParty
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.dispatch.escalation import DueStep, due_steps, is_unaccepted
from thongsuot_collector.notify.dispatch.feedback import IncidentRecorder
from thongsuot_collector.notify.dispatch.metrics import NotifyMetrics
from thongsuot_collector.notify.dispatch.notification_store import NotificationStore, ThreadKey
from thongsuot_collector.notify.dispatch.routing import routes_of
from thongsuot_collector.notify.dispatch.thread import NotificationThread
from thongsuot_collector.notify.dispatch.transitions import (
    continue_thread,
    start_thread,
    with_dispute,
    with_escalation,
)
from thongsuot_collector.notify.render.comparison import comparison_of
from thongsuot_collector.notify.settings import NotifySettings

_CHECK_EVERY_S = 1.0

_log = logging.getLogger(__name__)


class IncidentWatch:
    """
    Notifies the city about disputes, the party about the city's decision, and the next step of the
    chain about incidents that nobody has accepted.

    ``wake`` is called with a thread that has something to do now.
    """

    def __init__(
        self,
        store: NotificationStore,
        metrics: NotifyMetrics,
        *,
        directory: InventoryDirectory,
        settings: NotifySettings,
        wake: Callable[[ThreadKey], None],
        now_ns: Callable[[], int],
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._directory = directory
        self._settings = settings
        self._wake = wake
        self._now_ns = now_ns

    async def run(self, incidents: IncidentRecorder) -> None:
        """Check periodically until cancelled."""
        while True:
            await self.check(incidents)
            await asyncio.sleep(_CHECK_EVERY_S)

    async def check(self, incidents: IncidentRecorder) -> None:
        """Check all ongoing incidents once."""
        registry = incidents.registry
        for name in sorted(registry.active):
            incident = registry.incidents.get(name)
            if incident is None or incident.notified_party is None:
                continue
            if incident.dispute is not None:
                await self._tell_of_dispute(incidents, incident)
            if is_unaccepted(incident):
                await self._escalate(incidents, incident)

    async def _tell_of_dispute(self, incidents: IncidentRecorder, incident: Incident) -> None:
        dispute = incident.dispute
        if dispute is None or dispute.party == CITY:
            return
        audiences = [CITY]
        if dispute.ruling is not None:
            audiences.append(dispute.party)
        for audience in audiences:
            known = self._store.get((incident.id, audience))
            if known is None or dispute not in known.disputes:
                thread = await self._thread(incidents, incident, audience)
                await self._put(with_dispute(thread, dispute, now_ns=self._now_ns()))

    async def _escalate(self, incidents: IncidentRecorder, incident: Incident) -> None:
        """Take the due steps that were not taken yet."""
        known = self._store.get((incident.id, incident.party))
        if known is None:
            return  # its party is only being notified now
        steps = due_steps(incident, known, self._directory, self._settings, now_ns=self._now_ns())
        for step in steps:
            audience = CITY if step.is_city else incident.party
            before = self._store.get((incident.id, audience))
            taken = () if before is None else before.escalations
            if any(escalation.step == step.escalation.step for escalation in taken):
                continue
            await self._note(incidents, incident, step)
            thread = await self._thread(incidents, incident, audience)
            await self._put(with_escalation(thread, step.escalation))

    async def _note(self, incidents: IncidentRecorder, incident: Incident, step: DueStep) -> None:
        """Record a step in the incident, unless that was done before a crash."""
        title = step.escalation.title or str(CITY)
        about = f"{step.escalation.step}: {title}"
        opened = max(
            (item.at_ns for item in incident.notifications if item.kind == "opened"), default=0
        )
        known = incidents.registry.incidents[incident.id].history
        if any(
            entry.event == "escalated" and entry.about == about and entry.at_ns >= opened
            for entry in known
        ):
            return
        await incidents.add_note(incident.id, about, event="escalated")
        _log.warning(
            "no acceptance of incident=%s party=%s; notified step=%s",
            incident.id,
            incident.party,
            about,
        )

    async def _thread(
        self, incidents: IncidentRecorder, incident: Incident, audience: ResponsibleParty
    ) -> NotificationThread:
        """Return the thread of an audience and an incident, a new one if there is none."""
        key = incident.id, audience
        await self._store.reload(key)
        known = self._store.get(key)
        routes = routes_of(audience, self._directory, self._settings).routes
        event = NotificationEvent(record=incident.notifications[-1], incident=incident)
        comparison = comparison_of(incident, incidents.registry.network_state)
        now_ns = self._now_ns()
        if known is not None:
            return continue_thread(known, event, routes, comparison, now_ns=now_ns)
        thread = start_thread(event, audience, routes, comparison, now_ns=now_ns)
        if not thread.routes:
            self._metrics.report_unreachable(thread)
        return thread

    async def _put(self, thread: NotificationThread) -> None:
        key = thread.incident, thread.audience
        self._store.put(key, thread)
        await self._store.save([key])
        self._wake(key)
