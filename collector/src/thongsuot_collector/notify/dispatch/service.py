"""Desk: all of telling, put together: what the collector starts, feeds and asks."""

import asyncio
import contextlib
import time
from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from thongsuot_collector.incidents.fault import NS_PER_S
from thongsuot_collector.incidents.incident import NotificationEvent
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.notify.contract import ChannelKind
from thongsuot_collector.notify.dispatch.composer import MessageComposer
from thongsuot_collector.notify.dispatch.dispatcher import Dispatcher
from thongsuot_collector.notify.dispatch.feedback import (
    IncidentRecorder,
    ReceiverFeedback,
    apply_feedback,
)
from thongsuot_collector.notify.dispatch.incident_links import IncidentLinks
from thongsuot_collector.notify.dispatch.metrics import NotifyMetrics
from thongsuot_collector.notify.dispatch.polling import ReceiverPoller
from thongsuot_collector.notify.dispatch.reporter import DeliveryReporter, DeliveryUpdate
from thongsuot_collector.notify.render.paths import PathLookup, no_paths
from thongsuot_collector.notify.settings import DAY_S, ChannelSettings, NotifySettings
from thongsuot_collector.rules.loader import load_all
from thongsuot_schema.batch import push
from thongsuot_schema.view import PartyNotification

RETENTION_S = 400 * DAY_S
"""Who was told when is asked for in disputes about a month, and those take their time."""

_PRUNE_EVERY_S = 3_600.0

ConfiguredChannels = Iterable[tuple[ChannelKind[ChannelSettings], ChannelSettings]]
"""The channels of the configuration: of each its kind and its settings."""


class NotificationService:
    """
    Tells parties what incidents want told.

    Made first; ``enqueue`` is for whoever keeps the incidents to call, ``load`` and ``run`` are
    given that keeper. What a keeper holds as pending is taken over whenever ``run`` begins, so
    nothing that was handed over is lost with a crash.
    """

    def __init__(
        self,
        channels: ConfiguredChannels,
        settings: NotifySettings,
        *,
        directory: InventoryDirectory,
        store: Engine,
        registry: CollectorRegistry,
        links: IncidentLinks | None = None,
        ways: PathLookup = no_paths,
        support_hotline: str = "",
    ) -> None:
        found = list(channels)
        self._events: asyncio.Queue[tuple[NotificationEvent, ...]] = asyncio.Queue()
        self._news: asyncio.Queue[DeliveryUpdate | ReceiverFeedback] = asyncio.Queue()
        self.dispatcher = Dispatcher(
            {one.name: kind.make(one) for kind, one in found},
            MessageComposer(
                directory,
                load_all(),
                settings,
                languages={one.name: one.language for _, one in found},
                links=links,
                ways=ways,
                support_hotline=support_hotline,
            ),
            DeliveryReporter(
                NotifyMetrics(registry),
                noted=self._news.put_nowait,
                heard=self._news.put_nowait,
            ),
            store=store,
            directory=directory,
            settings=settings,
        )
        self._listener = ReceiverPoller(self.dispatcher)

    def enqueue(self, events: tuple[NotificationEvent, ...]) -> None:
        """Take over what is to be told; the book that says so is on the disk already."""
        self._events.put_nowait(events)

    async def load(self) -> None:
        """Take up what the store holds."""
        await self.dispatcher.load()

    async def run(self, incidents: IncidentRecorder) -> None:
        """Tell, repeat, listen and forget, for ever; may be cancelled and run again."""
        await self.dispatcher.accept(
            incidents.pending_notifications(), incidents.registry.network_state
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(self._accept_events(incidents), name="take over what is to be told")
            group.create_task(self._record_updates(incidents), name="write into the incidents")
            group.create_task(self.dispatcher.run(), name="tell")
            group.create_task(self._listener.run(), name="listen to receivers")
            group.create_task(self._prune(), name="forget what was told long ago")

    async def close(self) -> None:
        """Let go of what the channels opened."""
        await self.dispatcher.close()

    def site_notifications(self, site: str) -> tuple[PartyNotification, ...]:
        """Return who was told of a site's open faults, for ``SiteView.site_notifications``."""
        return self.dispatcher.site_notifications(site)

    def notified_parties(self, site: str) -> tuple[push.SentNotification, ...]:
        """Return the same for ``push.Answer.site_notifications``."""
        return self.dispatcher.notified_parties(site)

    def update_metrics(self) -> None:
        """Bring the gauges up to date."""
        self.dispatcher.update_metrics()

    def poll_now(self, channel: str) -> bool:
        """Look at a channel now: its receiver called. Returns whether there is such a channel."""
        return self._listener.poll_now(channel)

    async def _accept_events(self, incidents: IncidentRecorder) -> None:
        while True:
            events = await self._events.get()
            await self.dispatcher.accept(events, incidents.registry.network_state)

    async def _record_updates(self, incidents: IncidentRecorder) -> None:
        """Write what became of tellings, and what receivers say, into the incidents."""
        while True:
            news = await self._news.get()
            # An incident that is not in the book any more is long over: the store has it all.
            with contextlib.suppress(KeyError):
                if isinstance(news, ReceiverFeedback):
                    await apply_feedback(incidents, news)
                else:
                    await incidents.record_delivery(
                        news.incident, news.number, news.delivery, is_done=news.is_done
                    )

    async def _prune(self) -> None:
        while True:
            before_ns = time.time_ns() - round(RETENTION_S * NS_PER_S)
            await self.dispatcher.prune(before_ns=before_ns)
            await asyncio.sleep(_PRUNE_EVERY_S)
