"""
What a single collector makes of what a cluster has acknowledged: the reference of the comparison.

Two collectors that are pushed to side by side do not have the same input: a device that gets no
processor time is silent at another moment for each. Here the incident consumer and the notification
service of the product judge the journal of the cluster once more, in one process and with embedded
files: the same batches, in the same order, each at the moment at which the cluster had received it.
Its clock is the record's, so the processor's load has no effect, and two replays are alike.
"""

import asyncio
import socket
import time
from bisect import bisect_right
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

import uvicorn
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine

from thongsuot_collector.correlation.consumer import IncidentConsumer, IncidentConsumerSettings
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.journal.dead_letters import DeadLetterQueue
from thongsuot_collector.journal.entry import StoredEntry
from thongsuot_collector.journal.journal import Journal
from thongsuot_collector.journal.layout_cache import LayoutCache
from thongsuot_collector.journal.reader import BatchReader
from thongsuot_collector.journal.sqlite import open_journal
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.notify.channels.tmf621.channel import Settings
from thongsuot_collector.notify.dispatch.composer import MessageComposer
from thongsuot_collector.notify.dispatch.metrics import NotifyMetrics
from thongsuot_collector.notify.dispatch.service import NotificationService
from thongsuot_collector.notify.loader import load
from thongsuot_collector.notify.settings import NotifySettings
from thongsuot_collector.rules.loader import load_all
from thongsuot_collector.store import dead_letters
from thongsuot_collector.store.engine import open_store
from thongsuot_lab.carrier_desk.__main__ import CuttableProtocol
from thongsuot_lab.carrier_desk.api import application
from thongsuot_lab.carrier_desk.customers import Conduct
from thongsuot_lab.carrier_desk.service_desk import ServiceDesk
from thongsuot_schema.batch.limits import DEFAULT_LIMITS as LIMITS
from thongsuot_schema.inventory.model import Inventory

NS_PER_S = 1_000_000_000
_STEP_NS = NS_PER_S // 5
"""The consumer looks at its journal so often."""

_DONE_S = 120.0
"""Real time for the channel to deliver what was decided at one moment."""

_VERSION = 5


@dataclass(frozen=True, kw_only=True)
class RecordedJournal:
    """The entries of a journal, in its order, and the layouts that they refer to."""

    entries: Sequence[StoredEntry]
    layouts: Mapping[bytes, bytes]

    def arrivals_ns(self) -> list[int]:
        """Return when each entry was there (Unix time), never before the ones ahead of it."""
        return list(accumulate((kept.entry.received_ns for kept in self.entries), max))


@dataclass(frozen=True, kw_only=True)
class ReplaySettings:
    """
    How the collectors of the cluster are configured, and its desk: how often they poll it, and
    after how long its clerk begins to work on a ticket.
    """

    consumer: IncidentConsumerSettings
    customer: str
    poll_s: float
    clerk_s: float


class Replay:
    """
    A single collector with a desk of its own; ``play`` judges a recorded journal, once.

    Args:
        folder: an empty folder for its files.
        inventory: that of the cluster.
        recorded: what the cluster has acknowledged.
        settings: those of the cluster.
    """

    def __init__(
        self,
        folder: Path,
        inventory: Inventory,
        recorded: RecordedJournal,
        settings: ReplaySettings,
    ) -> None:
        self.store: Engine = open_store(folder / "store.sqlite")
        self.desk = ServiceDesk()
        self._journal_file = folder / "journal.sqlite"
        self._directory = InventoryDirectory(inventory)
        self._recorded = recorded
        self._settings = settings
        self._now_ns = 0
        self._place = 0
        self._begun: dict[str, int] = {}
        """When the clerk begins to work on each ticket; 0: it has begun."""

    @property
    def tickets(self) -> list[dict[str, object]]:
        """The tickets of its desk."""
        return [dict(ticket) for ticket in self.desk.tickets.find(_VERSION, None)]

    async def play(self, until_ns: int) -> None:
        """
        Judge everything, and let time pass up to a moment (Unix time).

        Raises:
            ValueError: a batch cannot be judged; the collectors of the cluster would have done so.
        """
        arrivals_ns = self._recorded.arrivals_ns()
        self._now_ns = min([until_ns, *arrivals_ns[:1]]) - NS_PER_S
        journal = open_journal(self._journal_file, committed=lambda _jobs, _took_s: None)
        for layout_id, body in self._recorded.layouts.items():
            await journal.put_layout(layout_id, body, received_ns=self._now_ns)
        async with _served(self.desk) as url:
            service = self._service(url)
            consumer = self._consumer(journal, service)
            await consumer.load()
            await service.load()
            running = asyncio.create_task(service.run(consumer))
            poll_ns = self._now_ns + round(self._settings.poll_s * NS_PER_S)
            try:
                while self._now_ns < until_ns:
                    self._now_ns += _STEP_NS
                    await self._append_until_now(journal, arrivals_ns)
                    await consumer.catch_up()
                    await _until(lambda: not consumer.pending_notifications(), running)
                    self._let_clerk_work()
                    if poll_ns <= self._now_ns:
                        poll_ns += round(self._settings.poll_s * NS_PER_S)
                        await self._poll(service, running)
            finally:
                running.cancel()
                await asyncio.wait((running,))
                await service.close()
        await consumer.flush()
        await journal.close()
        if letters := dead_letters.listed(self.store):
            raise ValueError(f"{len(letters)} batches cannot be judged, as {letters[0].error}")

    async def _append_until_now(self, journal: Journal, arrivals_ns: Sequence[int]) -> None:
        begin, self._place = self._place, bisect_right(arrivals_ns, self._now_ns)
        for kept in self._recorded.entries[begin : self._place]:
            await journal.append(kept.entry)

    def _let_clerk_work(self) -> None:
        """Begin to work on the tickets that are old enough."""
        begins_ns = self._now_ns + round(self._settings.clerk_s * NS_PER_S)
        for name in list(self.desk.tickets.documents[str(_VERSION)]):
            if self._begun.setdefault(name, begins_ns) and self._begun[name] <= self._now_ns:
                self._begun[name] = 0
                self.desk.start_work(_VERSION, name)

    async def _poll(self, service: NotificationService, running: "asyncio.Task[None]") -> None:
        """Ask the desk for what is new of open tickets, and wait until it is in the incidents."""
        status_of = {
            name: str(ticket["status"])
            for name, ticket in self.desk.tickets.documents[str(_VERSION)].items()
        }

        def are_known() -> bool:
            return all(
                route.receiver_status.startswith(status_of.get(route.reference, ""))
                for thread in service.threads
                for route in thread.routes
                if route.reference and not thread.is_ending
            )

        if not are_known():
            service.poll_now("desk")
            await _until(are_known, running)

    def _service(self, url: str) -> NotificationService:
        channel = Settings(
            kind="tmf621",
            name="desk",
            url=url,
            customer=self._settings.customer,
            poll_s=86_400.0,
        )
        settings = NotifySettings(channels=(channel.name,))
        return NotificationService(
            {channel.name: load("tmf621").make(channel)},
            MessageComposer(
                self._directory, load_all(), settings, languages={channel.name: channel.language}
            ),
            NotifyMetrics(CollectorRegistry()),
            store=self.store,
            directory=self._directory,
            settings=settings,
            now_ns=lambda: self._now_ns,
        )

    def _consumer(self, journal: Journal, service: NotificationService) -> IncidentConsumer:
        return IncidentConsumer(
            journal,
            BatchReader(LayoutCache(journal, LIMITS), LIMITS),
            store=self.store,
            dead_letters=DeadLetterQueue(self.store, Metrics()),
            directory=self._directory,
            publish=service.enqueue,
            settings=self._settings.consumer,
            now_ns=lambda: self._now_ns,
        )


@asynccontextmanager
async def _served(desk: ServiceDesk) -> AsyncIterator[str]:
    """Serve a desk in this event loop; gives its URL."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        config = uvicorn.Config(
            application(desk, Conduct()),
            http=CuttableProtocol,
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        serving = asyncio.create_task(server.serve(sockets=[sock]))
        try:
            yield f"http://127.0.0.1:{sock.getsockname()[1]}/"
        finally:
            server.should_exit = True
            await serving


async def _until(condition: Callable[[], bool], running: "asyncio.Task[None]") -> None:
    """
    Wait until a condition has become true while a task runs.

    Raises:
        TimeoutError: it did not; or the exception of the task, if that has ended.
    """
    deadline_s = time.monotonic() + _DONE_S
    while not condition():
        if running.done():
            await running
        if time.monotonic() > deadline_s:
            raise TimeoutError(f"the notifications were not delivered within {_DONE_S:g} s")
        await asyncio.sleep(0.005)
