"""Incident report: all data of one incident, from memory and from the disk."""

import asyncio
from collections.abc import Iterable, Mapping

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.correlation import proposed_work, rows
from thongsuot_collector.correlation.consumer import IncidentConsumer
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.incidents.notification_log import (
    NotificationCause,
    NotificationKind,
    NotificationRecord,
)
from thongsuot_collector.incidents.notification_policy import end_cause
from thongsuot_collector.incidents.proposed_work import ProposedWork
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.dispatch import delivery_log
from thongsuot_collector.notify.dispatch.incident_links import IncidentLinks
from thongsuot_collector.notify.render.comparison import Comparison, comparison_of
from thongsuot_collector.notify.render.context import MessageContext
from thongsuot_collector.sla.calendar import NS_PER_MS
from thongsuot_collector.state.site import SiteState


class IncidentReport(msgspec.Struct, frozen=True, kw_only=True):
    """
    One incident with its related data.

    ``context`` is the input of texts; ``attempts`` are all attempts to notify, in order.
    ``is_notified``: any party was notified about it. ``is_generated``: it was generated for a
    demonstration.
    """

    context: MessageContext
    windows: tuple[MaintenanceWindow, ...]
    attempts: tuple[delivery_log.DeliveryLogEntry, ...]
    is_notified: bool
    is_generated: bool = False

    @property
    def incident(self) -> Incident:
        """The incident."""
        return self.context.incident


class AnnouncedWork(msgspec.Struct, frozen=True, kw_only=True):
    """Carriers' proposals, those that were refused too, and planned maintenance; each once."""

    proposals: tuple[ProposedWork, ...] = ()
    windows: tuple[MaintenanceWindow, ...] = ()

    def count_pending(self, now_ns: int) -> int:
        """Return the number of proposals waiting for the city."""
        return sum(work.is_pending(now_ns) for work in self.proposals)


def announced_work(
    proposals: Iterable[ProposedWork], windows: Iterable[MaintenanceWindow]
) -> AnnouncedWork:
    """
    Return work as announced; ``windows`` were read after ``proposals``.

    A proposal that was confirmed in between is a window already.
    """
    planned = {window.id: window for window in windows}
    return AnnouncedWork(
        proposals=tuple(work for work in proposals if work.id not in planned),
        windows=tuple(planned.values()),
    )


class IncidentArchive:
    """
    Finds incidents: open and recent ones in memory, the others on the disk.

    ``states`` have the end of a site's generated demonstration data.
    """

    def __init__(
        self,
        consumer: IncidentConsumer,
        store: Engine,
        directory: InventoryDirectory,
        links: IncidentLinks,
        *,
        states: Mapping[str, SiteState],
        support_hotline: str = "",
    ) -> None:
        self.consumer = consumer
        self.directory = directory
        self.store = store
        self._links = links
        self._states = states
        self._support_hotline = support_hotline

    @property
    def windows(self) -> tuple[MaintenanceWindow, ...]:
        """All planned maintenance that was not cancelled."""
        return self.consumer.registry.network_state.windows

    async def announced_work(self, *, ends_after_ns: int, carrier: str = "") -> AnnouncedWork:
        """Return the proposals of all carriers, or of one, and all planned maintenance."""
        proposals, stored = await asyncio.to_thread(_read_work, self.store, ends_after_ns, carrier)
        return announced_work(proposals, (*stored, *self.windows))

    async def find(self, name: str) -> Incident | None:
        """Return an incident by its name, even if it was closed long ago."""
        incident = self.consumer.registry.incidents.get(name)
        if incident is None:
            incident = await asyncio.to_thread(rows.load_incident, self.store, name)
        return incident

    @property
    def generated_until_s(self) -> float:
        """The end of a site's generated demonstration data; 0: none."""
        return max((state.generated_until_ms for state in self._states.values()), default=0) / 1000

    async def report(self, name: str) -> IncidentReport | None:
        """Return the report of an incident."""
        incident = await self.find(name)
        if incident is None:
            return None
        tried = await asyncio.to_thread(delivery_log.load_attempts, self.store, name)
        entry = (
            incident.notifications[-1] if incident.notifications else _unsent_notification(incident)
        )
        return IncidentReport(
            context=self.context(incident, entry, await self._comparison(incident, entry)),
            windows=tuple(window for window in self.windows if window.id in incident.windows),
            attempts=tuple(tried),
            is_notified=bool(incident.notifications),
            is_generated=any(
                incident.opened_ns < self._states[site].generated_until_ms * NS_PER_MS
                for site in incident.sites
                if site in self._states
            ),
        )

    def context(
        self,
        incident: Incident,
        entry: NotificationRecord | None = None,
        comparison: Comparison | None = None,
    ) -> MessageContext:
        """Return the context for the texts of an incident."""
        entry = entry or _unsent_notification(incident)
        return MessageContext(
            kind=NotificationKind.OPENED if incident.is_open else NotificationKind.RESOLVED,
            record=entry,
            incident=incident,
            rule=self.consumer.registry.rules[incident.code],
            audience=entry.party,
            comparison=comparison or Comparison(),
            directory=self.directory,
            support_hotline=self._support_hotline,
            page_url=self._links.url(incident.id),
        )

    async def _comparison(self, incident: Incident, entry: NotificationRecord) -> Comparison:
        """
        Return the comparison at the notification; for an ongoing incident without one, the present.
        """
        notifications = await asyncio.to_thread(
            delivery_log.load_thread, self.store, incident.id, entry.party
        )
        if notifications is not None:
            return notifications.comparison
        if incident.is_open:
            return comparison_of(incident, self.consumer.registry.network_state)
        return Comparison()


def _read_work(
    store: Engine, ends_after_ns: int, carrier: str
) -> tuple[list[ProposedWork], list[MaintenanceWindow]]:
    """
    Read proposals, then windows: confirmed work becomes a window in the same transaction, so that
    none is missing in both. Memory learns of the window later, a follower's after seconds.
    """
    proposals = proposed_work.load_recent(store, ends_after_ns=ends_after_ns, carrier=carrier)
    return proposals, rows.load_windows(store)


def _unsent_notification(incident: Incident) -> NotificationRecord:
    """Return the notification that would be sent about an incident without one."""
    return NotificationRecord(
        number=0,
        kind=NotificationKind.OPENED if incident.is_open else NotificationKind.RESOLVED,
        cause=NotificationCause.STARTED if incident.is_open else end_cause(incident),
        party=incident.party,
        at_ns=incident.known_ns,
    )
