"""The whole way: from what an agent pushed, through the incidents on the disk, to the carrier."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import pytest
from prometheus_client import CollectorRegistry

from tests.collector.correlation.consumer_world import INVENTORY, World
from tests.collector.notify.incident_events import secret_file
from tests.collector.notify.receiver_process import ReceiverProcess
from tests.collector.running import eventually
from thongsuot_collector.correlation.consumer import IncidentConsumer
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.journal.dead_letters import DeadLetterQueue
from thongsuot_collector.journal.layout_cache import LayoutCache
from thongsuot_collector.journal.reader import BatchReader
from thongsuot_collector.metrics import Metrics
from thongsuot_collector.notify.channels.webhook.channel import Settings, WebhookBody
from thongsuot_collector.notify.dispatch.configured import service_of
from thongsuot_collector.notify.dispatch.service import NotificationService
from thongsuot_collector.notify.loader import load
from thongsuot_collector.notify.settings import NotifySettings
from thongsuot_schema.batch.limits import DEFAULT_LIMITS as LIMITS
from thongsuot_schema.state import State

SECRET = "sesame"


@pytest.fixture
def hook(tmp_path: Path) -> Iterator[ReceiverProcess]:
    peer = ReceiverProcess(
        "tests.collector.notify.webhook_receiver", tmp_path / "hook", SECRET
    ).start()
    yield peer
    peer.stop()


@asynccontextmanager
async def collector(world: World, hook: ReceiverProcess) -> AsyncIterator[NotificationService]:
    """Put consumer and service together as the collector does, with the clock of the world."""
    url = f"http://127.0.0.1:{hook.port}/"
    secret = secret_file(world.folder, "secret", SECRET)
    channel = Settings(kind="webhook", name="main", url=url, secret_file=secret)
    directory = InventoryDirectory(INVENTORY)
    desk = service_of(
        [(load("webhook"), channel)],
        NotifySettings(channels=("main",)),
        directory=directory,
        store=world.store,
        registry=CollectorRegistry(),
    )
    world.consumer = IncidentConsumer(
        world.journal,
        BatchReader(LayoutCache(world.journal, LIMITS), LIMITS),
        store=world.store,
        dead_letters=DeadLetterQueue(world.store, Metrics()),
        directory=directory,
        publish=desk.enqueue,
        now_ns=world.clock_ns,
    )
    await world.consumer.load()
    await desk.load()
    running = asyncio.create_task(desk.run(world.consumer))
    try:
        yield desk
    finally:
        running.cancel()
        await asyncio.wait((running,))
        await desk.close()
        if not running.cancelled():
            running.result()


def told(hook: ReceiverProcess) -> list[WebhookBody]:
    return [
        msgspec.json.decode(request["body"], type=WebhookBody) for request in hook.folder.received()
    ]


async def test_a_fault_and_its_end_are_notified_once_across_restarts(
    tmp_path: Path, hook: ReceiverProcess
) -> None:
    world = World(tmp_path)
    sites = ("s0", "s1", "s2")
    async with collector(world, hook) as desk:
        for site in sites:
            await world.push(site, ("fiber", State.UP), ("5g", State.UP))
        await world.run(30, sites=sites)
        await world.push("s0", ("fiber", State.DOWN))
        await world.run(10, sites=sites)
        await eventually(lambda: not world.consumer.pending_notifications())
        (body,) = told(hook)
        assert (body.kind, body.audience.name) == ("opened", "vnpt")
        (batch,) = body.incident.subject_evidence[0].batches
        assert batch.number == world.agents["s0"].number
        (shown,) = desk.site_notifications("s0")
        assert (shown.party, shown.about, shown.is_delivered) == ("carrier", "fiber", True)
    async with collector(world, hook):
        await world.run(60, sites=sites)
        assert len(told(hook)) == 1
        await world.push("s0", ("fiber", State.UP))
        await world.run(120, sites=sites)
        await eventually(lambda: not world.consumer.pending_notifications())
    assert [notified.kind for notified in told(hook)] == ["opened", "resolved"]
    (incident,) = world.consumer.registry.incidents.values()
    assert [
        notification.deliveries[-1].is_delivered for notification in incident.notifications
    ] == [True, True]
    await world.journal.close()
    world.store.dispose()
