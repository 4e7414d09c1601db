"""
A site with a good token pushes what is a little wrong, over real HTTP and to the consumers' end;
honest sites push beside it.
"""

import asyncio
import os
import time
from collections import Counter
from contextlib import closing
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.collector.app.process import CollectorProcess
from tests.collector.batches import BatchSealer, S, usual_results
from tests.collector.running import WITHIN_S, Pusher, eventually, token
from tests.integration.hostile_pushes import NOW, HostileDevice
from tests.plain_http import NO_AUTHORITIES
from thongsuot_collector.app.durable import JOURNAL_FILE
from thongsuot_collector.journal.sqlite_tables import connect

HOSTILE, HONEST = "hostile", ("honest-1", "honest-2", "honest-3")
AT_ONCE = 8

WIDE_BUDGETS = """
[ingest]
pushes_per_s = 1e9
pushes_burst = 1e9
bytes_per_s = 1e12
bytes_burst = 1e12
values_per_s = 1e12
values_burst = 1e12
series_per_s = 1e9
series_burst = 1e9
layout_bytes_per_s = 1e12
layout_bytes_burst = 1e12
unknown_names_per_s = 1e9
unknown_names_burst = 1e9
streams_per_s = 1e9
streams_burst = 1e9
gaps_per_s = 1e9
gaps_burst = 1e9
notices_per_s = 1e9
notices_burst = 1e9
work_ratio = 1e3
work_burst_s = 1e9
"""
"""So that all of it reaches what lies behind the budgets; those have tests of their own."""


async def attack(
    client: httpx.AsyncClient, device: HostileDevice, secret: str, numbers: range
) -> Counter[int]:
    """Push what has these numbers; return the statuses. Any 5xx names what made it."""
    statuses = Counter[int]()
    waiting = iter(numbers)

    async def push_on() -> None:
        for number in waiting:
            hostile = device.push(number)
            texts = {"Authorization": f"Bearer {secret}", **hostile.headers}
            # As bytes: a client that means well takes nothing but ASCII.
            headers = {name.encode(): value.encode("latin-1") for name, value in texts.items()}
            response = await client.post(hostile.path, content=hostile.body, headers=headers)
            statuses[response.status_code] += 1
            assert response.status_code < 500, (number, hostile.made, response.text[:200])

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(push_on())
    return statuses


async def push_until(stop: asyncio.Event, pusher: Pusher) -> int:
    """Push what a usual device measures until told; return how many batches were acknowledged."""
    pushed = 0
    while not stop.is_set():
        at_ns = time.time_ns() - pusher.agent.epoch_ns
        response = await pusher.batch(
            pusher.agent.batch(at_ns, usual_results(at_ns - 10 * S)), boottime_ns=at_ns
        )
        assert response.status_code == 200, response.text
        pushed += 1
        await asyncio.sleep(0.1)
    return pushed


async def is_drained(client: httpx.AsyncClient) -> bool:
    text = (await client.get("/metrics")).text
    lags = [line for line in text.splitlines() if "consumer_lag_entries{" in line]
    return bool(lags) and all(line.endswith(" 0.0") for line in lags)


async def withstand(folder: Path, *, seed: int, inputs: int, config: str = "") -> Counter[int]:
    """Play it; everything that is asked of the collector is asserted here."""
    process = CollectorProcess(folder, config)
    secrets = {site: token(folder / "state", site) for site in (HOSTILE, *HONEST)}
    await process.start()
    epoch_ns = time.time_ns() - NOW
    try:
        async with httpx.AsyncClient(
            base_url=process.url, timeout=WITHIN_S, verify=NO_AUTHORITIES
        ) as client:
            stop = asyncio.Event()
            honest = [
                asyncio.create_task(
                    push_until(
                        stop, Pusher(client, BatchSealer(site, epoch_ns=epoch_ns), secrets[site])
                    )
                )
                for site in HONEST
            ]
            device = HostileDevice(HOSTILE, seed=seed, epoch_ns=epoch_ns)
            try:
                statuses = await attack(client, device, secrets[HOSTILE], range(inputs))
            finally:
                stop.set()
            pushed = [await task for task in honest]
            await eventually(partial(is_drained, client))
            failures = [
                line
                for line in (await client.get("/metrics")).text.splitlines()
                if line.startswith("thongsuot_collector_task_failures_total{")
                and not line.endswith(" 0.0")
            ]
            assert failures == []
    finally:
        status = await process.end()
    assert status == 0, process.log()
    assert "Traceback" not in process.log()
    with closing(connect(folder / "state" / JOURNAL_FILE, writable=False)) as connection:
        kept = [
            connection.execute("SELECT count(*) FROM entries WHERE site = ?", (site,)).fetchone()[0]
            for site in HONEST
        ]
    assert kept == pushed
    return statuses


async def test_a_hostile_site_breaks_nothing_and_harms_no_other(tmp_path: Path) -> None:
    statuses = await withstand(tmp_path, seed=1, inputs=200, config=WIDE_BUDGETS)
    # Some of it is taken, and goes through every consumer.
    assert statuses[200] > 10
    assert statuses[400] > 50


@pytest.mark.nightly
async def test_a_night_of_hostile_pushes_breaks_nothing_and_harms_no_other(tmp_path: Path) -> None:
    inputs = int(os.environ.get("THONGSUOT_HOSTILE_PUSHES", "1000000"))
    seed = int(os.environ.get("THONGSUOT_HOSTILE_SEED", time.strftime("%Y%m%d")))
    await withstand(tmp_path, seed=seed, inputs=inputs, config=WIDE_BUDGETS)


@pytest.mark.nightly
async def test_the_same_within_the_budgets_of_a_site(tmp_path: Path) -> None:
    statuses = await withstand(tmp_path, seed=2, inputs=20_000)
    assert statuses[429] > 0
