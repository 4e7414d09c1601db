"""Builds the notification service from a configuration."""

from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.contract import ChannelKind
from thongsuot_collector.notify.dispatch.composer import MessageComposer
from thongsuot_collector.notify.dispatch.incident_links import IncidentLinks
from thongsuot_collector.notify.dispatch.metrics import NotifyMetrics
from thongsuot_collector.notify.dispatch.service import NotificationService
from thongsuot_collector.notify.render.paths import PathLookup, no_paths
from thongsuot_collector.notify.settings import ChannelSettings, NotifySettings
from thongsuot_collector.rules.loader import load_all

ConfiguredChannels = Iterable[tuple[ChannelKind[ChannelSettings], ChannelSettings]]
"""The configured channels: the kind and the settings of each."""


def service_of(
    channels: ConfiguredChannels,
    settings: NotifySettings,
    *,
    directory: InventoryDirectory,
    store: Engine,
    registry: CollectorRegistry,
    links: IncidentLinks | None = None,
    paths: PathLookup = no_paths,
    support_hotline: str = "",
) -> NotificationService:
    """Return the service with the configured channels, created but not opened."""
    configured = list(channels)
    composer = MessageComposer(
        directory,
        load_all(),
        settings,
        languages={channel.name: channel.language for _, channel in configured},
        links=links,
        paths=paths,
        support_hotline=support_hotline,
    )
    return NotificationService(
        {channel.name: kind.make(channel) for kind, channel in configured},
        composer,
        NotifyMetrics(registry),
        store=store,
        directory=directory,
        settings=settings,
    )
