"""A journal, a store, agents and a consumer of incidents whose clock a test turns."""

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import Engine

from tests.collector.batches import BatchSealer, S, change, icmp_result
from thongsuot_collector.correlation import rows
from thongsuot_collector.correlation.consumer import IncidentConsumer
from thongsuot_collector.incidents.incident import NotificationEvent
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.journal.dead_letters import DeadLetterQueue
from thongsuot_collector.journal.entry import ClockQuality, JournalEntry
from thongsuot_collector.journal.layout_cache import LayoutCache
from thongsuot_collector.journal.reader import BatchReader
from thongsuot_collector.journal.sqlite import open_journal
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.timeline.interval import Interval
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.limits import DEFAULT_LIMITS as LIMITS
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.commissioning.events import CommissioningEvent, format_event
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Inventory, Link, Site
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

EPOCH = 1_795_540_000 * S
CARRIERS = ("vnpt", "viettel")
INVENTORY = Inventory(
    sites=tuple(
        Site(
            name=f"s{n}",
            commune=f"{n:05}",
            links=(
                Link(name="fiber", interface="e", medium=Medium.FIBER, carrier=CARRIERS[n % 2]),
                Link(name="5g", interface="w", medium=Medium.RADIO_5G, carrier=CARRIERS[1 - n % 2]),
            ),
        )
        for n in range(8)
    )
)


class World:
    """A journal, a store, agents, and a consumer whose clock the test turns."""

    def __init__(self, folder: Path, store: Engine | None = None) -> None:
        self.folder = folder
        self.now_ns = EPOCH
        self.drift_ns = 0
        self.store: Engine = store or open_store(folder / "store.sqlite")
        self.journal = open_journal(folder / "journal.sqlite", committed=lambda _jobs, _s: None)
        self.layouts = LayoutCache(self.journal, LIMITS)
        self.told: list[NotificationEvent] = []
        self.agents: dict[str, BatchSealer] = {}
        self.consumer = self.new_consumer()

    def new_consumer(self, on_told: Callable[[], None] | None = None) -> IncidentConsumer:
        def tell(events: tuple[NotificationEvent, ...]) -> None:
            self.told.extend(events)
            if on_told is not None:
                on_told()

        return IncidentConsumer(
            self.journal,
            BatchReader(LayoutCache(self.journal, LIMITS), LIMITS),
            store=self.store,
            dead_letters=DeadLetterQueue(self.store, Metrics()),
            directory=InventoryDirectory(INVENTORY),
            publish=tell,
            now_ns=self.clock_ns,
        )

    def clock_ns(self) -> int:
        """Return the time; with a drift some of it passes at every look."""
        self.now_ns += self.drift_ns
        return self.now_ns

    async def push(
        self,
        site: str,
        *states: tuple[str, State],
        from_ns: int = 15 * S,
        ago_ns: int = 0,
        events: Sequence[CommissioningEvent] = (),
    ) -> None:
        """
        Push a batch that ends now, with what the agent says of its links since ``ago_ns``, and of a
        commissioning.
        """
        agent = self.agents.get(site)
        first = agent is None
        if agent is None:
            stream = digest_of(site.encode()).hex()[:16]
            boot = f"{stream[:8]}-0000-4000-8000-000000000000"
            agent = BatchSealer(site, stream=stream, boot_id=boot, epoch_ns=EPOCH - 1_000 * S)
            self.agents[site] = agent
        sealed_ns = self.now_ns - agent.epoch_ns
        changes = [
            change(
                sealed_ns - ago_ns,
                state,
                link=link,
                segment=None if state is State.UP else Segment.ACCESS,
                symptom=Symptom.NONE if state is State.UP else Symptom.ACCESS_SILENT,
            )
            for link, state in states
        ]
        started = Notice(code=NoticeCode.STARTED, boottime_ns=sealed_ns - from_ns)
        batch = agent.batch(
            sealed_ns,
            [icmp_result(sealed_ns - from_ns), icmp_result(sealed_ns)],
            changes=changes,
            notices=[
                *([started] if first else []),
                *(
                    Notice(
                        code=NoticeCode.COMMISSIONING,
                        boottime_ns=sealed_ns,
                        text=format_event(event),
                    )
                    for event in events
                ),
            ],
        )
        await self.append(agent, agent.sealed(batch), batch.number)

    async def append(self, agent: BatchSealer, sealed: tuple[bytes, bytes], number: int) -> None:
        body, layout = sealed
        name = await self.layouts.store(layout, received_ns=self.now_ns)
        await self.journal.append(
            JournalEntry(
                site=agent.site,
                stream=agent.stream,
                number=number,
                digest=digest_of(body),
                layout=name,
                received_ns=self.now_ns,
                epoch_ns=agent.epoch_ns,
                clock=ClockQuality.TRUSTED,
                body=body,
            )
        )

    async def run(self, seconds: int, *, sites: tuple[str, ...] = (), crash: bool = False) -> None:
        """Let time pass; ``sites`` push every 15 s, and the consumer may crash every ten."""
        for second in range(1, seconds + 1):
            self.now_ns += S
            if second % 15 == 0:
                for site in sites:
                    await self.push(site)
            if crash and second % 10 == 0:
                await self.crash()
            await self.consumer.catch_up()

    async def crash(self) -> None:
        """Leave only what is on the disk."""
        self.consumer = self.new_consumer()
        await self.consumer.load()

    def lines(self) -> list[tuple[str, str, str, str]]:
        return [
            (
                notification.record.kind,
                notification.record.cause,
                notification.incident.key,
                str(notification.record.party),
            )
            for notification in self.told
        ]

    def intervals(self, site: str, link: str = "") -> list[Interval]:
        return rows.load_intervals(self.store, Subject(site, link), from_ns=0, until_ns=2**62)


UP = (("fiber", State.UP), ("5g", State.UP))
ALL = tuple(f"s{n}" for n in range(8))


async def all_well(world: World) -> None:
    for site in ALL:
        await world.push(site, *UP)
    await world.consumer.catch_up()
