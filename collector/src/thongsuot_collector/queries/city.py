"""
City: the current state for queries; the same for a running collector and for its store.

Nothing is cached: each query builds its data from the registry of incidents, which has the state of
every subject.
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.correlation import rows
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.incidents.merging import is_leading
from thongsuot_collector.incidents.notification_log import (
    NotificationCause,
    NotificationKind,
    NotificationRecord,
)
from thongsuot_collector.incidents.notification_policy import end_cause
from thongsuot_collector.incidents.registry import IncidentRegistry
from thongsuot_collector.incidents.settings import IncidentSettings
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.render.comparison import Comparison
from thongsuot_collector.notify.render.context import MessageContext
from thongsuot_collector.queries.records import SiteStatus
from thongsuot_collector.rules.loader import load_all
from thongsuot_collector.state.site import SiteState
from thongsuot_collector.store import commissioning, site_configs, sites
from thongsuot_collector.store.site_configs import AgentConfigStatus, ConfigVersion
from thongsuot_collector.timeline.interval import Basis, Interval
from thongsuot_collector.timeline.site import SiteTimeline
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.commissioning.events import run_from_events
from thongsuot_schema.commissioning.run import CommissioningRun

RunOf = Callable[[str], CommissioningRun | None]
ConfigOf = Callable[[str], tuple[ConfigVersion | None, AgentConfigStatus | None]]


_NS_PER_MS = 1_000_000


class CityState:
    """
    The collector's current state.

    ``registry`` holds the state of every subject and the open incidents, ``states`` the device
    state reported by each site, ``config_of`` the actual and intended settings of its agent,
    ``run_of`` its newest commissioning run.
    """

    def __init__(
        self,
        directory: InventoryDirectory,
        registry: IncidentRegistry,
        states: Mapping[str, SiteState],
        config_of: ConfigOf,
        run_of: RunOf,
    ) -> None:
        self.directory = directory
        self.registry = registry
        self.states = states
        self.config_of = config_of
        self.run_of = run_of

    @property
    def windows(self) -> tuple[MaintenanceWindow, ...]:
        """All planned work."""
        return self.registry.network_state.windows

    def site_names(self) -> list[str]:
        """Return all sites: those of the inventory, and others that have pushed; sorted."""
        return sorted({*self.directory.sites, *self.states})

    def interval_of(self, subject: Subject) -> Interval | None:
        """Return the current state of a subject; ``None`` if it never had one."""
        return self.registry.network_state.interval_of(subject)

    def heard_ns(self, site: str) -> int:
        """Return the time of a site's newest push; 0: never."""
        state = self.states.get(site)
        return 0 if state is None else state.heard_ns

    def status_of(self, site: str) -> SiteStatus:
        """Return whether a site is reporting."""
        if self.directory.site(site).retired:
            return SiteStatus.RETIRED
        device = self.interval_of(Subject(site))
        if device is None:
            return SiteStatus.REPORTING if self.heard_ns(site) else SiteStatus.NOT_INSTALLED
        return SiteStatus.SILENT if device.basis is Basis.SILENCE else SiteStatus.REPORTING

    def open_incidents(self) -> list[Incident]:
        """Return the ongoing incidents, including those inside a larger one."""
        known = (self.registry.incidents[name] for name in self.registry.active)
        return [incident for incident in known if incident.is_open]

    @property
    def generated_until_s(self) -> float:
        """The end of a site's generated demonstration data; 0: none."""
        return max((state.generated_until_ms for state in self.states.values()), default=0) / 1000

    def is_generated(self, incident: Incident) -> bool:
        """Return whether an incident was generated for a demonstration."""
        return any(
            incident.opened_ns < self.states[site].generated_until_ms * _NS_PER_MS
            for site in incident.sites
            if site in self.states
        )

    def leading_incidents(self) -> list[Incident]:
        """Return the open incidents that need action: none inside a larger one."""
        return [
            incident
            for incident in self.open_incidents()
            if incident.is_notifiable and is_leading(self.registry, incident)
        ]

    def context_of(self, incident: Incident) -> MessageContext:
        """Return the context for the texts of an incident."""
        kind = NotificationKind.OPENED if incident.is_open else NotificationKind.RESOLVED
        cause = NotificationCause.STARTED if incident.is_open else end_cause(incident)
        record = NotificationRecord(
            number=0, kind=kind, cause=cause, party=incident.party, at_ns=incident.known_ns
        )
        return MessageContext(
            kind=kind,
            record=record,
            incident=incident,
            rule=self.registry.rules[incident.code],
            audience=incident.party,
            comparison=Comparison(),
            directory=self.directory,
        )


def city_from_store(store: Engine, directory: InventoryDirectory) -> CityState:
    """
    Return the city from the store, without a running collector.

    Intervals and incidents are written with each change; the times of pushes and the reported
    device states may be a minute older than in a running collector.
    """
    registry = IncidentRegistry(directory, load_all(), IncidentSettings(), calm_s=0.0)
    for _, body in rows.load_timelines(store):
        timeline = msgspec.msgpack.decode(body, type=SiteTimeline)
        for subject, interval in timeline.current().items():
            registry.network_state.set_state(subject, interval)
    registry.restore(rows.load_live(store, known_since_ns=2**63 - 1))
    states = {
        site: msgspec.msgpack.decode(state, type=SiteState)
        for site, state in sites.all_states(store)
    }
    newest, running = site_configs.newest(store), site_configs.runs(store)
    runs = {
        site: run_from_events(events) for site, events in commissioning.newest_runs(store).items()
    }
    return CityState(
        directory,
        registry,
        states,
        lambda site: (newest.get(site), running.get(site)),
        runs.get,
    )


def by_site(incidents: Iterable[Incident]) -> dict[str, list[Incident]]:
    """Return incidents by the sites that still have affected objects in them."""
    sites_with: dict[str, list[Incident]] = {}
    for incident in incidents:
        members = (member for member in incident.members if member.end_ns is None)
        for site in sorted({member.subject.site for member in members}):
            sites_with.setdefault(site, []).append(incident)
    return sites_with
