"""
The contract of a sink, whatever it delivers to: each kind's test module imports these tests and
gives ``far_side``.

What a far side is stands in ``FarSide``: a server, a folder, a queue. Nothing here speaks of
requests.
"""

import time
from pathlib import Path
from typing import Protocol

import httpx

from tests.collector.batches import BatchSealer, S, usual_results
from tests.collector.running import Pusher, collector, eventually, token

SITE = "hoan-kiem"
NOW = 5000 * S
SAMPLES = 36 * 4
"""Of one usual batch."""


class FarSide(Protocol):
    """Where a sink of the kind delivers to, in the hands of a test."""

    def table(self) -> str:
        """Return a ``[[sinks]]`` table named ``database`` with waits of hundredths of a second."""

    def samples(self) -> int:
        """Return how many samples were taken until now."""

    def stop_taking(self) -> None:
        """From now on take nothing, as if it were away."""

    def take_again(self) -> None:
        """Take what comes."""


async def push(client: httpx.AsyncClient, secret: str, agent: BatchSealer, batches: int) -> None:
    pusher = Pusher(client, agent, secret)
    for place in range(batches):
        at = NOW - (batches - place) * 15 * S
        batch = agent.batch(at, usual_results(at - 15 * S, seed=place))
        assert (await pusher.batch(batch)).status_code == 200


async def metric(client: httpx.AsyncClient, name: str, *, having: str = "") -> float:
    text = (await client.get("/metrics")).text
    return sum(
        float(line.rpartition(" ")[2])
        for line in text.splitlines()
        if line.startswith((f"thongsuot_collector_{name} ", f"thongsuot_collector_{name}{{"))
        and having in line
    )


async def delivered(client: httpx.AsyncClient) -> bool:
    done = await metric(client, "sink_samples_total") + await metric(
        client, "sink_dropped_samples_total"
    )
    return done > 0 and await metric(client, "consumer_lag_entries") == 0


def device() -> BatchSealer:
    return BatchSealer(SITE, epoch_ns=time.time_ns() - NOW)


async def test_pushed_data_is_delivered_once(tmp_path: Path, far_side: FarSide) -> None:
    async with collector(tmp_path, config=far_side.table()) as client:
        await push(client, token(tmp_path, SITE), device(), 5)
        await eventually(lambda: delivered(client))
        assert far_side.samples() == 5 * SAMPLES
        assert await metric(client, "sink_samples_total") == 5 * SAMPLES


async def test_a_far_side_that_is_away_gets_it_later_and_nothing_is_dropped(
    tmp_path: Path, far_side: FarSide
) -> None:
    far_side.stop_taking()
    async with collector(tmp_path, config=far_side.table()) as client:
        await push(client, token(tmp_path, SITE), device(), 3)

        async def is_behind() -> bool:
            return await metric(client, "consumer_lag_entries", having='"database"') == 3

        await eventually(is_behind)
        assert await metric(client, "sink_samples_total") == 0
        far_side.take_again()
        await eventually(lambda: delivered(client))
        assert far_side.samples() == 3 * SAMPLES
        assert await metric(client, "sink_dropped_samples_total") == 0


async def test_one_that_is_away_holds_up_no_agent_and_no_other_consumer(
    tmp_path: Path, far_side: FarSide
) -> None:
    far_side.stop_taking()
    async with collector(tmp_path, config=far_side.table()) as client:
        await push(client, token(tmp_path, SITE), device(), 4)

        async def others_are_done() -> bool:
            return await metric(client, "consumer_lag_entries", having='"state"') == 0

        await eventually(others_are_done)
        assert await metric(client, "consumer_lag_entries", having='"database"') == 4


async def test_after_a_restart_it_continues_at_its_position(
    tmp_path: Path, far_side: FarSide
) -> None:
    secret, agent = token(tmp_path, SITE), device()
    async with collector(tmp_path, config=far_side.table()) as client:
        await push(client, secret, agent, 3)
        await eventually(lambda: delivered(client))
    far_side.stop_taking()
    async with collector(tmp_path, config=far_side.table()) as client:
        pusher = Pusher(client, agent, secret)
        assert (await pusher.batch(agent.batch(NOW, usual_results(NOW - 15 * S)))).is_success
    before = far_side.samples()
    far_side.take_again()
    async with collector(tmp_path, config=far_side.table()) as client:
        await eventually(lambda: delivered(client))
    # The one that was missing, and none of those that were there.
    assert far_side.samples() - before == SAMPLES
