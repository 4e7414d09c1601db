"""The keeper of incidents: on the disk before anybody is told, and the same after any crash."""

import asyncio
from collections.abc import AsyncIterator, Callable
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import OperationalError

from tests.collector.batches import BatchSealer, S, change, failed, icmp_result
from thongsuot_collector.correlation import rows
from thongsuot_collector.correlation.consumer import CONSUMER, IncidentConsumer
from thongsuot_collector.incidents.incident import ClosureCode, NotificationEvent
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.incidents.notification_log import DeliveryAttempt
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.journal.dead_letters import DeadLetterQueue
from thongsuot_collector.journal.entry import ClockQuality, JournalEntry
from thongsuot_collector.journal.layout_cache import LayoutCache
from thongsuot_collector.journal.reader import BatchReader
from thongsuot_collector.journal.sqlite import open_journal
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.store import sites
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.timeline.interval import Interval
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.batch.limits import DEFAULT_LIMITS as LIMITS
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.inventory.model import Inventory, Link, Medium, Site
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
    """A journal, a store, agents, and a keeper whose clock the test turns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now_ns = EPOCH
        self.drift_ns = 0
        self.store: Engine = open_store(folder / "store.sqlite")
        self.journal = open_journal(folder / "journal.sqlite", committed=lambda _jobs, _s: None)
        self.plans = LayoutCache(self.journal, LIMITS)
        self.told: list[NotificationEvent] = []
        self.agents: dict[str, BatchSealer] = {}
        self.keeper = self.new_keeper()

    def new_keeper(self, on_told: Callable[[], None] | None = None) -> IncidentConsumer:
        def tell(events: tuple[NotificationEvent, ...]) -> None:
            self.told.extend(events)
            if on_told is not None:
                on_told()

        return IncidentConsumer(
            self.journal,
            BatchReader(LayoutCache(self.journal, LIMITS), LIMITS),
            store=self.store,
            aside=DeadLetterQueue(self.store, Metrics()),
            directory=InventoryDirectory(INVENTORY),
            tell=tell,
            now_ns=self.clock_ns,
        )

    def clock_ns(self) -> int:
        """Return the time; with a drift some of it passes at every look."""
        self.now_ns += self.drift_ns
        return self.now_ns

    async def push(self, site: str, *states: tuple[str, State], from_ns: int = 15 * S) -> None:
        """Push a batch that ends now, with what the agent says of its links."""
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
                sealed_ns,
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
            notices=[started] if first else [],
        )
        await self.append(agent, agent.sealed(batch), batch.number)

    async def append(self, agent: BatchSealer, sealed: tuple[bytes, bytes], number: int) -> None:
        body, layout = sealed
        name = await self.plans.store(layout, received_ns=self.now_ns)
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
        """Let time pass; ``sites`` push every 15 s, and the keeper may crash every ten."""
        for second in range(1, seconds + 1):
            self.now_ns += S
            if second % 15 == 0:
                for site in sites:
                    await self.push(site)
            if crash and second % 10 == 0:
                await self.crash()
            await self.keeper.catch_up()

    async def crash(self) -> None:
        """Leave only what is on the disk."""
        self.keeper = self.new_keeper()
        await self.keeper.load()

    def lines(self) -> list[tuple[str, str, str, str]]:
        return [
            (one.record.kind, one.record.cause, one.incident.key, str(one.record.party))
            for one in self.told
        ]

    def intervals(self, site: str, link: str = "") -> list[Interval]:
        return rows.load_intervals(self.store, Subject(site, link), from_ns=0, until_ns=2**62)


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    await made.keeper.load()
    yield made
    await made.journal.close()
    made.store.dispose()


UP = (("fiber", State.UP), ("5g", State.UP))
ALL = tuple(f"s{n}" for n in range(8))


async def all_well(world: World) -> None:
    for site in ALL:
        await world.push(site, *UP)
    await world.keeper.catch_up()


@pytest.mark.parametrize("crash", [False, True])
async def test_a_fault_is_told_once_and_taken_back_once_crash_or_no_crash(
    world: World, crash: bool
) -> None:
    await all_well(world)
    await world.push("s0", ("fiber", State.DOWN))
    await world.run(60, sites=ALL, crash=crash)
    await world.push("s0", ("fiber", State.UP))
    await world.run(60, sites=ALL, crash=crash)
    assert world.lines() == [
        ("opened", "started", "s0/fiber", "carrier:vnpt"),
        ("resolved", "ended", "s0/fiber", "carrier:vnpt"),
    ]
    (fault,) = [one for one in world.keeper.registry.incidents.values() if one.code == "link_fault"]
    assert rows.load_incident(world.store, fault.id) == fault
    assert fault.closure_code is ClosureCode.RESTORED


async def test_an_outage_through_crashes_is_one(world: World) -> None:
    await all_well(world)
    for site in ("s0", "s2", "s4", "s6"):
        await world.push(site, ("fiber", State.DOWN))
        await world.run(1, crash=True)
        await world.crash()
    await world.run(100, sites=ALL, crash=True)
    assert world.lines() == [("opened", "started", "vnpt", "carrier:vnpt")]


async def test_the_tables_hold_what_the_timelines_say_and_tile_the_time(world: World) -> None:
    await all_well(world)
    await world.push("s0", ("fiber", State.DOWN))
    await world.run(200, sites=ALL[1:], crash=True)
    await world.push("s0", ("fiber", State.UP), from_ns=200 * S)
    await world.run(30, sites=ALL)
    for timeline in world.keeper.timelines.values():
        for subject, expected in timeline.intervals().items():
            kept = world.intervals(subject.site, subject.link)
            assert tuple(kept) == expected
            assert kept[-1].end_ns is None
            assert all(one.end_ns == other.start_ns for one, other in pairwise(kept))


async def test_a_site_that_was_silent_before_a_restart_is_silent_after_it(world: World) -> None:
    await all_well(world)
    await world.run(120, sites=ALL[1:])
    assert world.lines() == [("opened", "started", "s0", "commune:s0")]
    await world.crash()
    await world.run(120, sites=ALL[1:])
    assert len(world.told) == 1
    assert [one.symptom for one in world.intervals("s0")] == [Symptom.NONE, Symptom.AGENT_SILENT]


async def test_what_came_in_while_it_was_away_is_recorded_and_told_only_if_it_goes_on(
    world: World,
) -> None:
    await all_well(world)
    await world.push("s0", ("fiber", State.DOWN))
    await world.push("s2", ("fiber", State.DOWN))
    world.now_ns += 600 * S
    await world.push("s0", ("fiber", State.UP), from_ns=590 * S)
    for site in ALL[1:]:
        await world.push(site, from_ns=590 * S)
    world.now_ns += 60 * S
    await world.crash()
    # What is late is held for a while: the news that it is over may be on their way.
    await world.run(60)
    assert world.lines() == [("opened", "started", "s2/fiber", "carrier:vnpt")]
    keys = {one.key for one in world.keeper.registry.incidents.values()}
    assert "s0/fiber" in keys


async def test_a_disk_that_refuses_delays_the_telling_and_loses_nothing(world: World) -> None:
    await all_well(world)
    await world.push("s0", ("fiber", State.DOWN))
    with world.store.begin() as connection:
        connection.execute(text("ALTER TABLE incidents RENAME TO elsewhere"))
    with pytest.raises(OperationalError):
        await world.run(1)
    for _ in range(5):
        world.now_ns += S
        with pytest.raises(OperationalError):
            await world.keeper.catch_up()
    assert world.told == []
    with world.store.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO incidents"))
    await world.run(1)
    assert world.lines() == [("opened", "started", "s0/fiber", "carrier:vnpt")]
    assert world.intervals("s0", "fiber")[-1].state is State.DOWN
    assert rows.load_incident(world.store, world.told[0].incident.id) is not None


async def test_a_batch_that_cannot_be_read_is_set_aside_and_the_others_go_on(world: World) -> None:
    await all_well(world)
    agent = world.agents["s0"]
    await world.append(agent, (b"no batch", agent.sealed(agent.batch(0))[1]), 2)
    await world.push("s1", ("fiber", State.DOWN))
    await world.run(10)
    assert [line[2] for line in world.lines()] == ["s1/fiber"]


async def test_what_was_forgotten_comes_back_when_its_past_is_rewritten(world: World) -> None:
    await all_well(world)
    await world.push("s0", ("fiber", State.DOWN))
    await world.run(30)
    name = world.told[0].incident.id
    await world.keeper.acknowledge(name, "VNPT NOC", "on our way")
    late = world.agents["s0"]
    late.number += 1
    number, at_ns = late.number, world.now_ns + 10 * S
    world.now_ns += 20 * S
    await world.push("s0", ("fiber", State.UP))
    await world.run(60, sites=ALL)
    world.now_ns += 4 * 86_400 * S
    for site in ALL:
        await world.push(site)
    await world.run(2)
    assert name not in world.keeper.registry.incidents
    sealed_ns = at_ns - late.epoch_ns
    batch = late.batch(
        sealed_ns,
        [icmp_result(sealed_ns)],
        changes=[change(sealed_ns, State.UP, before=State.DOWN)],
        number=number,
    )
    await world.append(late, late.sealed(batch), number)
    await world.run(2)
    again = world.keeper.registry.incidents[name]
    assert again.closed_ns == at_ns
    assert again.acknowledgement is not None
    assert again.acknowledgement.owner == "VNPT NOC"
    assert [line[0] for line in world.lines() if line[2] == "s0/fiber"] == ["opened", "resolved"]


async def test_planned_work_survives_a_restart_and_can_be_taken_back(world: World) -> None:
    await all_well(world)
    window = MaintenanceWindow(
        id="w1", start_ns=world.now_ns, end_ns=world.now_ns + 3_600 * S, carrier="vnpt"
    )
    await world.keeper.plan_window(window)
    await world.push("s0", ("fiber", State.DOWN))
    await world.run(30, sites=ALL)
    await world.crash()
    await world.run(30, sites=ALL)
    assert world.told == []
    await world.keeper.cancel_window("w1")
    await world.run(70, sites=ALL)
    assert world.lines() == [("opened", "unexcused", "s0/fiber", "carrier:vnpt")]
    await world.crash()
    assert world.keeper.registry.network_state.windows == ()


async def test_what_was_not_delivered_is_pending_after_a_restart(world: World) -> None:
    await all_well(world)
    await world.push("s0", ("fiber", State.DOWN))
    await world.push("s1", ("fiber", State.DOWN))
    await world.run(10)
    first, second = world.keeper.pending_notifications()
    delivery = DeliveryAttempt(
        channel="webhook", at_ns=world.now_ns, is_delivered=True, reference="T1"
    )
    await world.keeper.record_delivery(
        first.incident.id, first.record.number, delivery, is_done=True
    )
    await world.crash()
    assert [one.id for one in world.keeper.pending_notifications()] == [second.id]


async def test_it_follows_the_journal_by_itself_and_tells_when_the_hold_is_over(
    world: World,
) -> None:
    await all_well(world)
    told = asyncio.Event()
    world.keeper = world.new_keeper(on_told=told.set)
    await world.keeper.load()
    running = asyncio.create_task(world.keeper.run())
    await world.push("s0", ("fiber", State.DOWN))
    world.drift_ns = S // 20
    async with asyncio.timeout(60):
        await told.wait()
    assert world.lines() == [("opened", "started", "s0/fiber", "carrier:vnpt")]
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_the_journal_may_go_on_once_everything_is_written(world: World) -> None:
    await all_well(world)
    assert (await world.journal.cursor(CONSUMER)).sequence == 0
    await world.keeper.flush()
    assert (await world.journal.cursor(CONSUMER)).sequence == world.journal.head
    await world.crash()
    assert world.keeper.lag == 0


async def test_a_journal_that_is_older_than_the_store_is_read_again_and_nothing_is_missed(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await all_well(world)
    ahead = sites.Position(journal=world.journal.name, sequence=world.journal.head + 60)
    rows.write_changes(world.store, rows.IncidentWrites(position=ahead), consumer=CONSUMER)
    await world.crash()
    assert "older than the store" in caplog.text
    await world.push("s0", ("fiber", State.DOWN))
    await world.run(10, sites=ALL)
    assert world.lines() == [("opened", "started", "s0/fiber", "carrier:vnpt")]


async def test_others_get_their_turn_while_many_sites_fall_silent_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thongsuot_collector.correlation.consumer._SLICE", 3)
    await all_well(world)
    world.now_ns += 120 * S
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await world.keeper.catch_up()
    task.cancel()
    silent = [one for one in world.keeper.registry.incidents.values() if one.code == "many_silent"]
    assert [len(one.members) for one in silent] == [len(ALL)]
    assert turns >= 2 * len(ALL)


async def test_what_is_told_shows_when_each_probe_was_good_last_and_how_often_it_is_now(
    world: World,
) -> None:
    await all_well(world)
    agent, good_ns = world.agents["s0"], world.now_ns
    world.now_ns += 8 * S
    sealed_ns = world.now_ns - agent.epoch_ns
    cut = change(sealed_ns, State.DOWN, segment=Segment.ACCESS, symptom=Symptom.ACCESS_SILENT)
    lost = [failed(sealed_ns - age_s * S) for age_s in (5, 3, 1)]
    batch = agent.batch(sealed_ns, lost, changes=[cut])
    await world.append(agent, agent.sealed(batch), batch.number)
    await world.run(10, sites=ALL[1:])
    (opened,) = world.told
    (seen,) = opened.incident.member_evidence[0].observations
    assert (seen.target, seen.good, seen.total) == ("exchange", 0, 3)
    assert seen.last_good_ns == good_ns
    assert seen.first_bad_ns == good_ns + 3 * S
    assert seen.newest_ns == good_ns + 7 * S
    assert opened.incident.opened_ns <= seen.newest_ns + S
