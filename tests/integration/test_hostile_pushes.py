"""
A site with a good token pushes what is a little wrong, over real HTTP and to the consumers' end;
honest sites push beside it.
"""

import asyncio
import logging
import math
import os
import sys
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.collector.app.process import CollectorProcess
from tests.collector.batches import BatchSealer, S, usual_results
from tests.collector.running import Pusher
from tests.integration.hostile_pushes import NOW, HostileDevice
from tests.patience import LostTime, Patience
from tests.plain_http import NO_AUTHORITIES, PlainClient
from thongsuot_collector.app.durable import JOURNAL_FILE, STORE_FILE
from thongsuot_collector.journal.sqlite_tables import connect
from thongsuot_collector.store import tokens
from thongsuot_collector.store.engine import open_store

HONEST = ("honest-1", "honest-2", "honest-3")
OF_ONE_SITE = 1_000
"""
After so many inputs another site is the hostile one: without budgets, what one brings into its own
timeline costs it more with each.
"""
AT_ONCE = 32
"""So many requests share a commit."""

SAID_EVERY = 10_000
JUDGED_FIRST = "have to be judged first"
"""
What a push is told that is older than a minute, while judging is behind (``backlog_lag_entries``):
the hostile ones all have the time of the start.
"""

_log = logging.getLogger(__name__)

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
backlog_lag_entries = 1000000000
"""
"""
So that all of it reaches what lies behind the budgets, however far judging is behind; those have
tests of their own.
"""


def tokens_of(state_dir: Path, sites: Iterable[str]) -> dict[str, str]:
    """Make a token for each site."""
    store = open_store(state_dir / STORE_FILE)
    try:
        return {site: tokens.create(store, site) for site in sites}
    finally:
        store.dispose()


async def attack(
    url: str, devices: Sequence[tuple[HostileDevice, str]], inputs: int, patience: Patience
) -> Counter[int]:
    """Push so many inputs; return the statuses. Any 5xx but a deferral names what made it."""
    statuses = Counter[int]()
    waiting = iter(range(inputs))
    began_s = time.monotonic()

    async def push_on() -> None:
        with closing(PlainClient(url)) as client:
            for number in waiting:
                device, secret = devices[number // OF_ONE_SITE]
                hostile = device.push(number)
                headers = {"Authorization": f"Bearer {secret}", **hostile.headers}
                response = await client.post(hostile.path, content=hostile.body, headers=headers)
                statuses[response.status_code] += 1
                is_deferred = response.status_code == 503 and JUDGED_FIRST in response.text
                assert response.status_code < 500 or is_deferred, (
                    number,
                    hostile.made,
                    response.text[:200],
                )
                patience.advance()
                if statuses.total() % SAID_EVERY == 0:
                    pace = statuses.total() / (time.monotonic() - began_s)
                    _log.info(
                        "%d inputs, %.0f a second: %s", statuses.total(), pace, dict(statuses)
                    )

    async with asyncio.TaskGroup() as group:
        for _ in range(AT_ONCE):
            group.create_task(push_on())
    return statuses


async def push_until(stop: asyncio.Event, url: str, agent: BatchSealer, secret: str) -> int:
    """Push what a usual device measures until told; return how many batches were acknowledged."""
    pushed = 0
    with closing(PlainClient(url)) as client:
        pusher = Pusher(client, agent, secret)
        while not stop.is_set():
            at_ns = agent.uptime_ns()
            response = await pusher.batch(
                agent.batch(at_ns, usual_results(at_ns - 10 * S)), boottime_ns=at_ns
            )
            assert response.status_code == 200, response.text
            pushed += 1
            await asyncio.sleep(0.1)
    return pushed


async def read_everything(client: httpx.AsyncClient, patience: Patience) -> str:
    """Wait until the consumers have read all entries; return the metrics then."""
    least = math.inf
    while True:
        text = (await client.get("/metrics")).text
        lags = [
            float(line.split()[-1])
            for line in text.splitlines()
            if line.startswith("thongsuot_collector_consumer_lag_entries{")
        ]
        if lags and not any(lags):
            return text
        if lags and sum(lags) < least:
            least = sum(lags)
            patience.advance()
        patience.check()
        await asyncio.sleep(0.1)


async def withstand(folder: Path, *, seed: int, inputs: int, config: str = "") -> Counter[int]:
    """Play it; everything that is asked of the collector is asserted here."""
    process = CollectorProcess(folder, config)
    hostile = [f"hostile-{place}" for place in range(-(-inputs // OF_ONE_SITE))]
    secrets = tokens_of(folder / "state", (*hostile, *HONEST))
    await process.start()
    assert process.process is not None
    patience = Patience(process.process.pid)
    epoch_ns = time.time_ns() - NOW
    devices = [
        (HostileDevice(site, seed=seed, epoch_ns=epoch_ns), secrets[site]) for site in hostile
    ]
    stop = asyncio.Event()
    try:
        async with (
            httpx.AsyncClient(base_url=process.url, timeout=None, verify=NO_AUTHORITIES) as client,
            asyncio.TaskGroup() as group,
        ):
            watching = group.create_task(patience.watch())
            honest = [
                group.create_task(
                    push_until(
                        stop, process.url, BatchSealer(site, epoch_ns=epoch_ns), secrets[site]
                    )
                )
                for site in HONEST
            ]
            statuses = await attack(process.url, devices, inputs, patience)
            stop.set()
            pushed = [await task for task in honest]
            text = await read_everything(client, patience)
            watching.cancel()
        failures = [
            line
            for line in text.splitlines()
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


def test_patience_ends_with_a_process_that_is_stuck_and_not_with_one_that_is_starved() -> None:
    passed_s, starved_s = 0.0, 0.0
    patience = Patience(
        clock=lambda: passed_s, starved_ns=lambda _pid: round(starved_s * S), within_s=60.0
    )
    passed_s = starved_s = 1_000.0
    patience.check()
    passed_s += 60.0
    patience.check()
    passed_s += 1.0
    with pytest.raises(AssertionError, match="nothing has advanced for 61 s"):
        patience.check()
    patience.advance()
    patience.check()


def test_a_pause_of_all_that_a_test_runs_is_time_lost() -> None:
    usual_s = sys.getswitchinterval()
    with LostTime() as lost:
        lost_s = lost.since_s()
        # Nothing else of this process runs meanwhile, as if the machine stood still.
        sys.setswitchinterval(60.0)
        until_s = time.monotonic() + 0.3
        while time.monotonic() < until_s:
            pass
        sys.setswitchinterval(usual_s)
        while lost_s() < 0.2:
            time.sleep(0.01)
        assert lost.since_s()() < lost_s()
