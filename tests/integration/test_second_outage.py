"""
Two outages of one carrier within two minutes, played through everything that tells and charges.

A real Alertmanager, a carrier's ticket desk as a process, the incidents and the month's statement
on one store. The clock is the test's: only receivers live in real time.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from tests.collector.batches import S
from tests.collector.correlation.consumer_world import INVENTORY, World
from tests.collector.notify.carrier_fixture import CarrierFixture
from tests.collector.notify.receiver_process import ReceiverProcess
from tests.collector.running import WITHIN_S, eventually
from tests.servers import AlertmanagerServer
from thongsuot_collector.correlation.consumer import IncidentConsumer
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.journal.dead_letters import DeadLetterQueue
from thongsuot_collector.journal.layout_cache import LayoutCache
from thongsuot_collector.journal.reader import BatchReader
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.notify.channels.alertmanager import Settings as AlertmanagerSettings
from thongsuot_collector.notify.channels.tmf621.channel import Settings as TicketSettings
from thongsuot_collector.notify.dispatch.composer import MessageComposer
from thongsuot_collector.notify.dispatch.metrics import NotifyMetrics
from thongsuot_collector.notify.dispatch.service import NotificationService
from thongsuot_collector.notify.loader import load
from thongsuot_collector.notify.settings import NotifySettings
from thongsuot_collector.rules.loader import load_all
from thongsuot_collector.sla.calendar import month_at
from thongsuot_collector.sla.statement import Statement
from thongsuot_collector.statements.archive import StatementArchive
from thongsuot_schema.batch.limits import DEFAULT_LIMITS as LIMITS
from thongsuot_schema.inventory.model import Carrier, Owner
from thongsuot_schema.state import State

pytestmark = pytest.mark.servers

CUT = ("s0", "s2", "s4")
"""Points whose fibre is VNPT's: together they are an outage of the carrier."""
POINTS = tuple(site.name for site in INVENTORY.sites)
NOTIFY = NotifySettings(channels=("tickets",), city="so-khcn", retry_s=0.02)
DIRECTORY = InventoryDirectory(
    msgspec.structs.replace(
        INVENTORY,
        carriers=(Carrier(name="vnpt", title="VNPT"), Carrier(name="viettel", title="Viettel")),
        owners=(Owner(name="so-khcn", title="Sở KHCN", channels=("alarms",)),),
    )
)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[CarrierFixture]:
    fixture = CarrierFixture(tmp_path / "carrier")
    yield fixture
    fixture.stop()


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[ReceiverProcess]:
    peer = ReceiverProcess(
        "tests.collector.notify.alert_webhook_receiver", tmp_path / "sink"
    ).start()
    yield peer
    peer.stop()


@pytest.fixture
def alertmanager(
    own_alertmanager: Callable[[str], AlertmanagerServer], sink: ReceiverProcess
) -> Iterator[AlertmanagerServer]:
    server = own_alertmanager(f"http://127.0.0.1:{sink.port}/").start()
    yield server
    server.stop()


class TwoOutages:
    """A city, its carrier's desk and an Alertmanager, while a carrier fails twice."""

    def __init__(self, world: World, desk: CarrierFixture, sink: ReceiverProcess) -> None:
        self.world = world
        self._desk = desk
        self._sink = sink

    async def report(self, state: State, *, ago_s: int = 0) -> None:
        """Let the devices of the fibres say how those are, and since when."""
        for site in CUT:
            await self.world.push(site, ("fiber", state), ago_ns=ago_s * S)
        await self.world.consumer.catch_up()

    async def run(self, seconds: int, *, sites: tuple[str, ...] = POINTS) -> None:
        """Let time pass while some devices go on pushing."""
        await self.world.run(seconds, sites=sites)
        await self.world.consumer.flush()

    async def run_until_told(self, *, refused: bool = False) -> None:
        """
        Wait until every message is with its receiver, and written down; time passes meanwhile only
        if one was ``refused``: it is sent again later.
        """

        async def is_told() -> bool:
            if not self.world.consumer.pending_notifications():
                return True
            await self.run(int(refused))
            return False

        await eventually(is_told)

    def tickets(self) -> list[dict[str, Any]]:
        """Return the carrier's tickets."""
        return self._desk.desk.tickets()

    def now_ms(self) -> int:
        """Return the time, as statements count it."""
        return self.world.now_ns // 10**6

    def alarms(self) -> list[str]:
        """Return what Alertmanager has told of the carrier so far, in order."""
        return [alert["status"] for alert in self._sink.folder.received()]

    def statement(self, site: str = "s0") -> Statement:
        """Return the month of a circuit."""
        archive = StatementArchive(self.world.store, DIRECTORY, now_ns=self.world.clock_ns)
        month = month_at(self.world.now_ns // 10**6)
        circuit = archive.circuit(f"{site}/fiber", month)
        assert circuit is not None
        return archive.statement(circuit, month)


@asynccontextmanager
async def playing(
    folder: Path, desk: CarrierFixture, alertmanager: AlertmanagerServer, sink: ReceiverProcess
) -> AsyncIterator[TwoOutages]:
    """Run the incidents and their notifications, on one clock that the test turns."""
    world = World(folder)
    tickets = msgspec.convert(
        {"kind": "tmf621", "customer": "UBND-HN", "poll_s": 3600.0, **desk.credentials()}
        | {"name": "tickets", "timeout_s": WITHIN_S},
        TicketSettings,
    )
    alarms = AlertmanagerSettings(
        kind="alertmanager",
        name="alarms",
        urls=(alertmanager.url,),
        repeat_s=0.5,
        timeout_s=WITHIN_S,
    )
    service = NotificationService(
        {
            "tickets": load("tmf621").make(tickets),
            "alarms": load("alertmanager").make(alarms),
        },
        MessageComposer(DIRECTORY, load_all(), NOTIFY, languages={}),
        NotifyMetrics(CollectorRegistry()),
        store=world.store,
        directory=DIRECTORY,
        settings=NOTIFY,
        now_ns=world.clock_ns,
    )
    world.consumer = IncidentConsumer(
        world.journal,
        BatchReader(LayoutCache(world.journal, LIMITS), LIMITS),
        store=world.store,
        dead_letters=DeadLetterQueue(world.store, Metrics()),
        directory=DIRECTORY,
        publish=service.enqueue,
        now_ns=world.clock_ns,
    )
    await world.consumer.load()
    await service.load()
    running = asyncio.create_task(service.run(world.consumer))
    try:
        for site in POINTS:
            await world.push(site, ("fiber", State.UP), ("5g", State.UP))
        await world.run(30, sites=POINTS)
        yield TwoOutages(world, desk, sink)
    finally:
        running.cancel()
        await asyncio.wait((running,))
        await service.close()
        await world.journal.close()
        world.store.dispose()
        if not running.cancelled():
            running.result()


async def test_a_second_outage_is_reported_again_and_charged_from_when_it_was_accepted(
    desk: CarrierFixture,
    alertmanager: AlertmanagerServer,
    sink: ReceiverProcess,
    tmp_path: Path,
) -> None:
    async with playing(tmp_path, desk, alertmanager, sink) as play:
        began_ms = play.now_ms()
        await play.report(State.DOWN)
        await play.run(12)
        await play.run_until_told()
        assert [ticket["status"] for ticket in play.tickets()] == ["acknowledged"]
        await eventually(lambda: play.alarms() == ["firing"])
        await play.run(18)
        first_over_ms = play.now_ms()
        await play.report(State.UP)
        await play.run(45)
        await play.run_until_told()
        assert [ticket["status"] for ticket in play.tickets()] == ["resolved"]
        await eventually(lambda: play.alarms() == ["firing", "resolved"])

        # Another minute and it fails again; its desk takes nothing for 45 s.
        again_ms = play.now_ms()
        desk.behave("503")
        await play.report(State.DOWN)
        await play.run(45)
        await eventually(lambda: play.alarms() == ["firing", "resolved", "firing"])
        assert [ticket["status"] for ticket in play.tickets()] == ["resolved"]
        (_, untold) = play.statement().interruptions
        assert (untold.down_ms, untold.notified_ms, untold.down_notified_ms) == (45_000, None, 0)

        desk.behave("well")
        refused_until_ms = play.now_ms()
        await play.run_until_told(refused=True)
        accepted_by_ms = play.now_ms()
        await play.run(30)
        statuses = [ticket["status"] for ticket in play.tickets()]
        assert statuses == ["resolved", "acknowledged"]
        over_ms = play.now_ms()
        await play.report(State.UP)
        await play.run(60)
        await play.run_until_told()
        assert [ticket["status"] for ticket in play.tickets()] == ["resolved", "resolved"]
        await eventually(lambda: play.alarms() == ["firing", "resolved"] * 2)

        for site in CUT:
            first, second = play.statement(site).interruptions
            assert (first.down_ms, second.from_ms) == (first_over_ms - began_ms, again_ms)
            assert second.down_ms == over_ms - again_ms
            assert second.notified_ms is not None
            assert refused_until_ms <= second.notified_ms <= accepted_by_ms
            assert second.down_notified_ms == over_ms - second.notified_ms
            assert [first.reference, second.reference] == [
                ticket["id"] for ticket in play.tickets()
            ]


async def test_an_outage_that_a_late_record_continues_reopens_its_ticket_and_its_alarm(
    desk: CarrierFixture,
    alertmanager: AlertmanagerServer,
    sink: ReceiverProcess,
    tmp_path: Path,
) -> None:
    others = tuple(site for site in POINTS if site not in CUT)
    async with playing(tmp_path, desk, alertmanager, sink) as play:
        began_ms = play.now_ms()
        await play.report(State.DOWN)
        await play.run(30)
        up_ms = play.now_ms()
        await play.report(State.UP)
        await play.run(31, sites=others)
        await play.run_until_told()
        await eventually(lambda: play.alarms() == ["firing", "resolved"])
        (ticket,) = play.tickets()
        assert ticket["status"] == "resolved"
        # It was down again before it had been up for long; that is known only now.
        again_ms = play.now_ms() - 15_000
        assert again_ms - up_ms < 30_000
        await play.report(State.DOWN, ago_s=15)
        await play.run(15)
        await play.run_until_told()
        (ticket,) = play.tickets()
        assert ticket["status"] == "inProgress"
        assert [change["status"] for change in ticket["statusChangeHistory"]][-2:] == [
            "resolved",
            "inProgress",
        ]
        await eventually(lambda: play.alarms() == ["firing", "resolved", "firing"])
        over_ms = play.now_ms()
        await play.report(State.UP)
        await play.run(60)
        await play.run_until_told()
        (ticket,) = play.tickets()
        assert ticket["status"] == "resolved"
        await eventually(lambda: play.alarms() == ["firing", "resolved"] * 2)

        # So short a time it was not available again: one interruption, in two parts.
        (only,) = play.statement().interruptions
        assert (only.from_ms, only.until_ms) == (began_ms, over_ms)
        assert only.down_ms == (up_ms - began_ms) + (over_ms - again_ms)
