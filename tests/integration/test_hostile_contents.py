"""
A site with a good token pushes what is well-formed and cannot be: of each push something would
have ended what the collector does for all others. An honest site beside it is told of as ever.
"""

import asyncio
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import httpx

from tests.collector.batches import BatchSealer, S, change, icmp_result
from tests.collector.running import Pusher, collector, eventually, token
from tests.patience import LostTime
from thongsuot_schema.batch import push
from thongsuot_schema.batch.limits import LATEST_MS
from thongsuot_schema.batch.model import Batch, Notice, NoticeCode
from thongsuot_schema.commissioning.events import CommissioningEvent, EventCode, format_event
from thongsuot_schema.inventory.model import Inventory, Link, Site
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom, VerdictChange

HOSTILE, HONEST = "hostile", "honest"
NOW = 5_000 * S
LATEST = LATEST_MS * 1_000_000
TEN_YEARS = 10 * 365 * 86_400 * S
OTHER_BOOT = "99999999-0000-0000-0000-000000000000"

INVENTORY = Inventory(
    sites=tuple(
        Site(name=name, links=(Link(name="fiber", interface="eth0"),)) for name in (HOSTILE, HONEST)
    )
)


def down(decided_ns: int, onset_ns: int) -> VerdictChange:
    return change(
        decided_ns,
        State.DOWN,
        segment=Segment.ACCESS,
        symptom=Symptom.ACCESS_SILENT,
        onset_ns=onset_ns,
    )


def notice(code: NoticeCode, at_ns: int, text: str) -> Notice:
    return Notice(code=code, boottime_ns=at_ns, text=text)


def pull(run: str) -> str:
    return format_event(CommissioningEvent(run=run, event=EventCode.PULL_ASKED, link="fiber"))


def impossible_times(sealer: BatchSealer) -> Iterator[Batch]:
    """Yield moments before the boot, and so long after it that no database could hold them."""
    yield sealer.batch(0, notices=[notice(NoticeCode.PROBLEM_REPORTED, LATEST, "slow")])
    yield sealer.batch(0, notices=[notice(NoticeCode.COMMISSIONING, LATEST, pull("a1"))])
    yield sealer.batch(0, notices=[notice(NoticeCode.STARTED, LATEST, "1.0")])
    yield sealer.batch(LATEST, changes=[down(LATEST + S, LATEST)])
    yield sealer.batch(NOW, changes=[down(NOW - S, LATEST)])
    yield sealer.batch(NOW, changes=[down(NOW - S, LATEST + S)])
    yield sealer.batch(NOW, changes=[down(NOW - S, NOW - LATEST)])
    yield sealer.batch(2**63 - 1, [icmp_result(NOW)])


async def contradict_clocks(client: httpx.AsyncClient, secret: str) -> None:
    """Push two batches of one boot, each credible alone, that together lie ten years ahead."""
    agent = BatchSealer(
        HOSTILE, stream="cc" * 8, boot_id=OTHER_BOOT, epoch_ns=time.time_ns() - 9 * S
    )
    pusher = Pusher(client, agent, secret)
    early = agent.batch(9 * S, changes=[change(8 * S, State.UP)])
    assert (await pusher.batch(early)).status_code == 200
    agent.epoch_ns = time.time_ns() - TEN_YEARS
    late = agent.batch(TEN_YEARS, changes=[down(TEN_YEARS - 4 * S, TEN_YEARS - 5 * S)])
    assert (await pusher.batch(late)).status_code == 200


def without_end(sealer: BatchSealer) -> Iterator[Batch]:
    """Yield thousands of what people and accounts are told of, a few kilobytes each time."""
    moments = range(1_000)
    for number in range(4):
        lost = [f"dropped {sealer.stream} {2 * at + number}-{2 * at + number}" for at in moments]
        yield sealer.batch(NOW, notices=[notice(NoticeCode.BATCHES_LOST, NOW, t) for t in lost])
        names = [f"t{number}x{at}" for at in moments]
        yield sealer.batch(NOW, notices=[notice(NoticeCode.TEST_ACCEPTED, NOW, t) for t in names])
        runs = [pull(f"r{number}x{at}") for at in moments]
        yield sealer.batch(NOW, notices=[notice(NoticeCode.COMMISSIONING, NOW, t) for t in runs])
        slow = [notice(NoticeCode.PROBLEM_REPORTED, 61 * S * at // 20, "slow") for at in moments]
        yield sealer.batch(NOW, notices=slow)
        words = ["1.0\nERROR the collector ends now"] * 1_000
        yield sealer.batch(NOW, notices=[notice(NoticeCode.CONFIG_REJECTED, NOW, t) for t in words])


async def is_told(client: httpx.AsyncClient, site: str) -> bool:
    """Return whether there is an incident of a link of a site, on the disk and in the lists."""
    items = (await client.get("/api/v1/incidents")).json()["items"]
    return any(site in str(item) and item["rule"] != "problem_reported" for item in items)


async def is_drained(client: httpx.AsyncClient) -> bool:
    text = (await client.get("/metrics")).text
    lags = [line for line in text.splitlines() if "consumer_lag_entries{" in line]
    return bool(lags) and all(line.endswith(" 0.0") for line in lags)


async def failures(client: httpx.AsyncClient) -> list[str]:
    return [
        line
        for line in (await client.get("/metrics")).text.splitlines()
        if line.startswith("thongsuot_collector_task_failures_total{") and not line.endswith(" 0.0")
    ]


async def test_an_impossible_notification_does_not_stop_others(tmp_path: Path) -> None:
    async with collector(tmp_path, inventory=INVENTORY) as client:
        agents = {
            site: BatchSealer(site, epoch_ns=time.time_ns() - NOW) for site in (HOSTILE, HONEST)
        }
        pushers = {
            site: Pusher(client, agent, token(tmp_path, site)) for site, agent in agents.items()
        }
        honest, hostile = agents[HONEST], pushers[HOSTILE]
        up = honest.batch(NOW, [icmp_result(NOW - S)], changes=[change(NOW - S, State.UP)])
        assert (await pushers[HONEST].batch(up, boottime_ns=honest.uptime_ns())).status_code == 200
        statuses = []
        for attack in (impossible_times, without_end):
            for batch in attack(agents[HOSTILE]):
                response = await hostile.batch(batch)
                statuses.append(response.status_code)
                assert response.status_code < 500, response.text
        assert set(statuses) == {200, 400, 429}
        await reports_of_many_streams(client, hostile)
        at_ns = honest.uptime_ns()
        cut = honest.batch(at_ns, changes=[down(at_ns - S, at_ns - 2 * S)])
        with LostTime() as lost:
            lost_s, began_s = lost.since_s(), time.monotonic()
            assert (await pushers[HONEST].batch(cut, boottime_ns=at_ns)).status_code == 200
            await eventually(partial(is_told, client, HONEST))
            waited_s = time.monotonic() - began_s - lost_s()
        await eventually(partial(is_drained, client))
        assert await failures(client) == []
    assert waited_s < 20, "a hold of three seconds, and what a busy machine adds"


async def test_contradicting_clocks_of_one_boot_date_no_incident_ahead(tmp_path: Path) -> None:
    async with collector(tmp_path, inventory=INVENTORY) as client:
        await contradict_clocks(client, token(tmp_path, HOSTILE))
        await eventually(partial(is_told, client, HOSTILE))
        incidents = (await client.get("/api/v1/incidents")).json()["items"]
    opened = [datetime.fromisoformat(incident["opened_at"]) for incident in incidents]
    assert max(opened) <= datetime.now(tz=UTC) + timedelta(hours=1, minutes=1)


async def reports_of_many_streams(client: httpx.AsyncClient, hostile: Pusher) -> None:
    """Name ever new streams with the highest numbers that there are, beside batches that repeat."""
    hostile.agent.stream = "ffffffffffffffff"
    body, _ = hostile.agent.sealed(hostile.agent.batch(NOW, number=1))
    for number in range(60):
        named = (f"{number * 16 + place:016x}:999999999999:999999999999" for place in range(16))
        response = await client.post(
            push.PATH_BATCHES,
            content=body,
            headers={
                "Authorization": f"Bearer {hostile.secret}",
                "Content-Type": push.CONTENT_TYPE_BATCH,
                push.HEADER_RECORD: ",".join(named),
            },
        )
        assert response.status_code in {200, 429}, response.text
        await asyncio.sleep(0)
