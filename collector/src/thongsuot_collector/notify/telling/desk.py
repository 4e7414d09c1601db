"""Desk: all of telling, put together: what the collector starts, feeds and asks."""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence

from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from thongsuot_collector.directory import Directory
from thongsuot_collector.incidents.incident import Event
from thongsuot_collector.incidents.picture import Picture
from thongsuot_collector.incidents.trouble import NS_PER_S
from thongsuot_collector.notify import ChannelKind
from thongsuot_collector.notify.telling.composer import Composer
from thongsuot_collector.notify.telling.dispatcher import Dispatcher
from thongsuot_collector.notify.telling.feedback import Feedback
from thongsuot_collector.notify.telling.gauges import NotifyMetrics
from thongsuot_collector.notify.telling.listen import Listener
from thongsuot_collector.notify.telling.report import Noted, Report
from thongsuot_collector.notify.telling.settings import DAY_S, ChannelSettings, NotifySettings
from thongsuot_collector.rules import every
from thongsuot_schema.batch import push
from thongsuot_schema.page.view import Notification

KEPT_S = 400 * DAY_S
"""Who was told when is asked for in disputes about a month, and those take their time."""

_FORGET_EVERY_S = 3_600.0

Configured = Iterable[tuple[ChannelKind[ChannelSettings], ChannelSettings]]
"""The channels of the configuration: of each its kind and its settings."""


class Desk:
    """
    Tells parties what incidents want told.

    After ``load``: ``accept`` events as soon as the book that they came from is written down, and
    ``run`` for ever. ``noted`` gets what became of entries of incidents (for
    ``incidents.actions.deliver``), ``heard`` what receivers say (for ``feedback.take``); both are
    called on the loop.
    """

    def __init__(
        self,
        channels: Configured,
        settings: NotifySettings,
        *,
        directory: Directory,
        store: Engine,
        registry: CollectorRegistry,
        noted: Callable[[Noted], None],
        heard: Callable[[Feedback], None],
        support_hotline: str = "",
    ) -> None:
        found = list(channels)
        self.dispatcher = Dispatcher(
            {one.name: kind.make(one) for kind, one in found},
            Composer(
                directory,
                every(),
                settings,
                languages={one.name: one.language for _, one in found},
                support_hotline=support_hotline,
            ),
            Report(NotifyMetrics(registry), noted=noted, heard=heard),
            store=store,
            directory=directory,
            settings=settings,
        )
        self.listener = Listener(self.dispatcher)

    async def load(self) -> None:
        """Take up what the store holds."""
        await self.dispatcher.load()

    async def accept(self, events: Sequence[Event], picture: Picture) -> None:
        """Take over events; returns when they are durable. Repeating is harmless."""
        await self.dispatcher.accept(events, picture)

    async def run(self) -> None:
        """Tell, repeat, listen and forget, for ever; may be cancelled and run again."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.dispatcher.run(), name="tell")
            group.create_task(self.listener.run(), name="listen to receivers")
            group.create_task(self._forget(), name="forget what was told long ago")

    async def close(self) -> None:
        """Let go of what the channels opened."""
        await self.dispatcher.close()

    def told(self, site: str) -> tuple[Notification, ...]:
        """Return who was told of a site's open faults, for ``SiteView.told``."""
        return self.dispatcher.told(site)

    def told_push(self, site: str) -> tuple[push.Told, ...]:
        """Return the same for ``push.Answer.told``."""
        return self.dispatcher.told_push(site)

    def measure(self) -> None:
        """Bring the gauges up to date."""
        self.dispatcher.measure()

    def nudge(self, channel: str) -> bool:
        """Look at a channel now: its receiver called. Returns whether there is such a channel."""
        return self.listener.nudge(channel)

    async def _forget(self) -> None:
        while True:
            before_ns = time.time_ns() - round(KEPT_S * NS_PER_S)
            await self.dispatcher.forget(before_ns=before_ns)
            await asyncio.sleep(_FORGET_EVERY_S)
