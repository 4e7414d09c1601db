"""Judging and notifying: incidents, and the service that notifies people."""

import msgspec
from sqlalchemy import Engine

from thongsuot_collector.app.durable import LINKS_FILE
from thongsuot_collector.config.model import CollectorConfig
from thongsuot_collector.config.read import Configuration
from thongsuot_collector.correlation.consumer import IncidentConsumer, IncidentConsumerSettings
from thongsuot_collector.correlation.open_incidents import OpenIncidentCollector
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.notify.dispatch.configured import service_of
from thongsuot_collector.notify.dispatch.incident_links import IncidentLinks, load_or_create_secret
from thongsuot_collector.notify.dispatch.service import NotificationService
from thongsuot_collector.sinks.contract import SinkContext
from thongsuot_collector.state.view import ways_of
from thongsuot_collector.timeline.settings import TimelineSettings
from thongsuot_schema.view import NetworkPath


def signed_links(configuration: Configuration) -> IncidentLinks:
    """Return the signer and verifier of links that open an incident."""
    secret = load_or_create_secret(configuration.state_dir / LINKS_FILE)
    return IncidentLinks(configuration.settings.notify.page_url, secret)


def notification_service(
    configuration: Configuration,
    supplies: SinkContext,
    directory: InventoryDirectory,
    store: Engine,
    links: IncidentLinks,
) -> NotificationService:
    """Return the service that notifies people."""
    settings, states = configuration.settings, supplies.states

    def paths(site: str, link: str) -> tuple[NetworkPath, ...]:
        state = states.sites.get(site)
        return () if state is None else ways_of(state, link, directory.networks)

    return service_of(
        configuration.channels,
        settings.notify,
        directory=directory,
        store=store,
        registry=supplies.metrics.registry,
        links=links,
        paths=paths,
        support_hotline=settings.page.support_hotline,
    )


def incident_consumer(
    configuration: Configuration,
    supplies: SinkContext,
    directory: InventoryDirectory,
    store: Engine,
    service: NotificationService,
) -> IncidentConsumer:
    """Return the incident consumer; on a follower only its registry is used."""
    incidents = IncidentConsumer(
        supplies.journal,
        supplies.reader,
        store=store,
        dead_letters=supplies.dead_letters,
        directory=directory,
        publish=service.enqueue,
        settings=_consumer_settings(configuration.settings),
    )
    turns = incidents.turns
    supplies.metrics.incident_longest_turn_seconds.set_function(lambda: turns.longest_s)
    return incidents


def expose_incidents(
    configuration: Configuration, incidents: IncidentConsumer, metrics: Metrics
) -> None:
    """Add the open incidents to ``/metrics``; of several collectors, only on the leader."""
    metrics.registry.register(
        OpenIncidentCollector(
            incidents.registry,
            incidents.registry.network_state.directory,
            page_url=configuration.settings.notify.page_url,
        )
    )


def _consumer_settings(settings: CollectorConfig) -> IncidentConsumerSettings:
    kept = msgspec.structs.asdict(settings.timeline)
    timeline = TimelineSettings(silent_after_s=settings.page.silent_after_s, **kept)
    return IncidentConsumerSettings(timeline=timeline, incidents=settings.incidents)
