"""``kill -9`` at any moment: nothing that was acknowledged is lost, nothing is there twice."""

import asyncio
import contextlib
import random
import signal
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.collector.app.process import CollectorProcess
from tests.collector.batches import BatchSealer, S, change, usual_results
from tests.collector.running import WITHIN_S, Pusher, eventually, token
from tests.collector.sinks.receiver import ScriptedReceiver, always, receiver
from tests.collector.sinks.remote_write.test_sink import taken
from tests.plain_http import NO_AUTHORITIES
from tests.timing import KILLS_OF_A_NIGHT, SEED_OF_A_NIGHT
from thongsuot_schema.batch.model import Batch
from thongsuot_schema.state import State

KILLS = 4
SITES = 4
CONSUMERS = 4
"""States, incidents, accounts and the one sink."""


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[tuple[CollectorProcess, ScriptedReceiver]]:
    async with receiver(always(204)) as there:
        config = (
            "[ingest]\npushes_per_s = 10000\n[[sinks]]\n"
            f'kind = "remote_write"\nname = "database"\nurl = "{there.url}"\nlinger_s = 0.0\n'
        )
        made = CollectorProcess(tmp_path, config)
        await made.start()
        yield made, there
        if made.process is not None:
            await made.end(signal.SIGKILL)


class PushLoop:
    """
    One agent's uplink: pushes batch after batch, each until it is acknowledged, with a pause after
    it.
    """

    def __init__(self, site: str, secret: str, epoch_ns: int, *, pause_s: float = 0.0) -> None:
        self.pause_s = pause_s
        self.agent = BatchSealer(site, epoch_ns=epoch_ns, stream=f"{hash(site) % 2**64:016x}")
        self.secret = secret
        self.acknowledged: list[int] = []

    async def push_on(self, process: CollectorProcess, stop: asyncio.Event) -> None:
        sealed = 100 * S
        async with httpx.AsyncClient(timeout=WITHIN_S, verify=NO_AUTHORITIES) as client:
            while not stop.is_set():
                sealed += 15 * S
                state = State.UP if sealed // S % 2 else State.DOWN
                batch = self.agent.batch(
                    sealed, usual_results(sealed - 15 * S), changes=[change(sealed - S, state)]
                )
                while not await self._pushed(client, process, batch):
                    if stop.is_set():
                        return
                    await asyncio.sleep(0.01)
                self.acknowledged.append(batch.number)
                await asyncio.sleep(self.pause_s)

    async def _pushed(
        self, client: httpx.AsyncClient, process: CollectorProcess, batch: Batch
    ) -> bool:
        client.base_url = process.url
        try:
            response = await Pusher(client, self.agent, self.secret).batch(batch)
        except httpx.TransportError:
            return False
        if response.status_code == 503:
            return False
        assert response.status_code == 200, response.text
        return bool(response.json()["acknowledged"] == batch.number)


async def test_killed_at_random_points_it_loses_nothing_acknowledged_and_doubles_nothing(
    running: tuple[CollectorProcess, ScriptedReceiver], tmp_path: Path
) -> None:
    await withstand(*running, tmp_path, kills=KILLS, seed=20261124)


@pytest.mark.nightly
async def test_a_night_of_kills_loses_nothing_acknowledged_and_doubles_nothing(
    running: tuple[CollectorProcess, ScriptedReceiver], tmp_path: Path
) -> None:
    await withstand(*running, tmp_path, kills=KILLS_OF_A_NIGHT, seed=SEED_OF_A_NIGHT)


async def withstand(
    process: CollectorProcess, there: ScriptedReceiver, folder: Path, *, kills: int, seed: int
) -> None:
    """Play it; everything that is asked of the collector is asserted here."""
    chance = random.Random(seed)
    uplinks = [
        PushLoop(f"site-{n}", token(folder / "state", f"site-{n}"), epoch_ns=10**18 + n)
        for n in range(SITES)
    ]
    stop = asyncio.Event()
    pushing = [asyncio.create_task(uplink.push_on(process, stop)) for uplink in uplinks]
    for _ in range(kills):
        enough = sum(len(uplink.acknowledged) for uplink in uplinks) + chance.randrange(1, 40)
        await eventually(lambda: sum(len(uplink.acknowledged) for uplink in uplinks) >= enough)  # noqa: B023
        await asyncio.sleep(chance.random() * 0.01)
        await process.end(signal.SIGKILL)
        await process.start()
    stop.set()
    async with asyncio.timeout(WITHIN_S):
        await asyncio.gather(*pushing)
    views = await settled(process)
    assert await process.end() == 0, process.log()

    with contextlib.closing(sqlite3.connect(folder / "state" / "journal.sqlite")) as journal:
        assert journal.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        kept = journal.execute("SELECT site, number FROM entries ORDER BY sequence").fetchall()
    assert len(kept) == len(set(kept)), "a batch is in the journal twice"
    for uplink in uplinks:
        numbers = [number for site, number in kept if site == uplink.agent.site]
        assert set(uplink.acknowledged) <= set(numbers), "an acknowledged batch is lost"
        # Numbers in the order of pushing, without gaps: the last may be unacknowledged.
        assert numbers == list(range(1, len(numbers) + 1))
        assert views[uplink.agent.site]["backlog_batches"] == 0

    # What reached the database: every result of every batch, each with one value.
    samples: dict[tuple[bytes, int], bytes] = {}
    for request in there.requests:
        for sample in taken(request):
            key = (sample.labels, sample.time_ms)
            assert samples.setdefault(key, sample.value) == sample.value, "a retry changed a value"
    first_values = [name for name, _ in samples if b"rtt_seconds" in name or b"lookup" in name]
    assert len(first_values) == len(kept) * 36


async def settled(process: CollectorProcess) -> dict[str, dict[str, object]]:
    """Wait until every consumer has everything, and return what the pages show."""
    async with httpx.AsyncClient(
        base_url=process.url, timeout=WITHIN_S, verify=NO_AUTHORITIES
    ) as client:

        async def nothing_waits() -> bool:
            lags = [
                float(line.rpartition(" ")[2])
                for line in (await client.get("/metrics")).text.splitlines()
                if line.startswith("thongsuot_collector_consumer_lag_entries{")
            ]
            return len(lags) == CONSUMERS and not any(lags)

        await eventually(nothing_waits)
        return {
            f"site-{n}": (await client.get(f"/sites/site-{n}.json")).json() for n in range(SITES)
        }


async def test_stopped_politely_it_finishes_what_it_began(
    running: tuple[CollectorProcess, ScriptedReceiver], tmp_path: Path
) -> None:
    process, _ = running
    secret = token(tmp_path / "state", "site-0")
    uplink = PushLoop("site-0", secret, epoch_ns=10**18)
    stop = asyncio.Event()
    pushing = asyncio.create_task(uplink.push_on(process, stop))
    await eventually(lambda: len(uplink.acknowledged) >= 20)
    status = await process.end(signal.SIGTERM)
    stop.set()
    await pushing
    assert status == 0, process.log()
    with contextlib.closing(sqlite3.connect(tmp_path / "state" / "journal.sqlite")) as journal:
        numbers = [number for (number,) in journal.execute("SELECT number FROM entries")]
        own = "SELECT sequence FROM cursors WHERE consumer IN ('state', 'incidents')"
        done = journal.execute(own).fetchall()
    assert set(uplink.acknowledged) <= set(numbers)
    # States and incidents are on the disk up to the last entry: nothing is read again at the start.
    assert done == [(max(numbers),)] * 2
    assert "Traceback" not in process.log()
