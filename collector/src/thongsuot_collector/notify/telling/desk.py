"""Desk: all of telling, put together: what the collector starts, feeds and asks."""

import asyncio
import contextlib
import time
from collections.abc import Iterable

from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from thongsuot_collector.directory import Directory
from thongsuot_collector.incidents.incident import Event
from thongsuot_collector.incidents.trouble import NS_PER_S
from thongsuot_collector.notify import ChannelKind
from thongsuot_collector.notify.content.ways import Ways, no_ways
from thongsuot_collector.notify.telling.composer import Composer
from thongsuot_collector.notify.telling.dispatcher import Dispatcher
from thongsuot_collector.notify.telling.feedback import Feedback, Incidents, take
from thongsuot_collector.notify.telling.gauges import NotifyMetrics
from thongsuot_collector.notify.telling.links import Links
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

    Made first; ``hand_over`` is for whoever keeps the incidents to call, ``load`` and ``run`` are
    given that keeper. What a keeper holds as pending is taken over whenever ``run`` begins, so
    nothing that was handed over is lost with a crash.
    """

    def __init__(
        self,
        channels: Configured,
        settings: NotifySettings,
        *,
        directory: Directory,
        store: Engine,
        registry: CollectorRegistry,
        links: Links | None = None,
        ways: Ways = no_ways,
        support_hotline: str = "",
    ) -> None:
        found = list(channels)
        self._events: asyncio.Queue[tuple[Event, ...]] = asyncio.Queue()
        self._news: asyncio.Queue[Noted | Feedback] = asyncio.Queue()
        self.dispatcher = Dispatcher(
            {one.name: kind.make(one) for kind, one in found},
            Composer(
                directory,
                every(),
                settings,
                languages={one.name: one.language for _, one in found},
                links=links,
                ways=ways,
                support_hotline=support_hotline,
            ),
            Report(
                NotifyMetrics(registry),
                noted=self._news.put_nowait,
                heard=self._news.put_nowait,
            ),
            store=store,
            directory=directory,
            settings=settings,
        )
        self._listener = Listener(self.dispatcher)

    def hand_over(self, events: tuple[Event, ...]) -> None:
        """Take over what is to be told; the book that says so is on the disk already."""
        self._events.put_nowait(events)

    async def load(self) -> None:
        """Take up what the store holds."""
        await self.dispatcher.load()

    async def run(self, incidents: Incidents) -> None:
        """Tell, repeat, listen and forget, for ever; may be cancelled and run again."""
        await self.dispatcher.accept(incidents.pending(), incidents.book.picture)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._take(incidents), name="take over what is to be told")
            group.create_task(self._write(incidents), name="write into the incidents")
            group.create_task(self.dispatcher.run(), name="tell")
            group.create_task(self._listener.run(), name="listen to receivers")
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
        return self._listener.nudge(channel)

    async def _take(self, incidents: Incidents) -> None:
        while True:
            events = await self._events.get()
            await self.dispatcher.accept(events, incidents.book.picture)

    async def _write(self, incidents: Incidents) -> None:
        """Write what became of tellings, and what receivers say, into the incidents."""
        while True:
            news = await self._news.get()
            # An incident that is not in the book any more is long over: the store has it all.
            with contextlib.suppress(KeyError):
                if isinstance(news, Feedback):
                    await take(incidents, news)
                else:
                    await incidents.deliver(
                        news.incident, news.number, news.delivery, is_done=news.is_done
                    )

    async def _forget(self) -> None:
        while True:
            before_ns = time.time_ns() - round(KEPT_S * NS_PER_S)
            await self.dispatcher.forget(before_ns=before_ns)
            await asyncio.sleep(_FORGET_EVERY_S)
