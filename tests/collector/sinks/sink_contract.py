"""
The contract of a sink: each kind's test module imports these tests and gives ``sink``.

``sink`` makes of a receiver's URL one ``[[sinks]]`` table named ``database`` whose waits are as
short as the kind allows, and of extra lines what is to stand in it. ``samples_in`` counts the
samples of one request.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from tests.collector.batches import BatchSealer, S, usual_results
from tests.collector.running import Pusher, collector, eventually, token
from tests.collector.sinks.receiver import ReceivedRequest, always, receiver
from thongsuot_collector.delivery import retrying_client

SITE = "hoan-kiem"
NOW = 5000 * S
SAMPLES = 36 * 4
"""Of one usual batch."""

Sink = Callable[[str, str], str]
SamplesIn = Callable[[ReceivedRequest], int]


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same waits between tries, a hundred times shorter."""
    monkeypatch.setattr(retrying_client, "FIRST_WAIT_S", retrying_client.FIRST_WAIT_S / 100)
    monkeypatch.setattr(
        retrying_client, "OPERATOR_FIRST_WAIT_S", retrying_client.OPERATOR_FIRST_WAIT_S / 1000
    )


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


async def test_what_is_accepted_is_sent_once(
    tmp_path: Path, sink: Sink, samples_in: SamplesIn
) -> None:
    async with receiver(always(204)) as there, collector(tmp_path, config=sink(there.url, "")) as c:
        await push(c, token(tmp_path, SITE), device(), 5)
        await eventually(lambda: delivered(c))
        assert sum(samples_in(one) for one in there.requests) == 5 * SAMPLES
        assert await metric(c, "sink_samples_total") == 5 * SAMPLES


@pytest.mark.parametrize("status", [408, 425, 429, 500, 503, 401, 403, 404, 301])
async def test_a_receiver_that_does_not_take_it_now_gets_it_later_and_nothing_is_dropped(
    tmp_path: Path, sink: Sink, samples_in: SamplesIn, status: int
) -> None:
    async with (
        receiver(always(status, b"not now")) as there,
        collector(tmp_path, config=sink(there.url, "")) as client,
    ):
        await push(client, token(tmp_path, SITE), device(), 3)
        await eventually(lambda: len(there.requests) >= 3)
        before = len(there.requests)
        there.script = always(200)
        await eventually(lambda: delivered(client))
        assert sum(samples_in(one) for one in there.requests[before:]) >= 3 * SAMPLES
        assert await metric(client, "sink_dropped_samples_total") == 0


async def test_the_receiver_says_how_long_to_wait(
    tmp_path: Path, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits: list[float] = []
    real_sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        if seconds >= 7.0:
            waits.append(seconds)
        await real_sleep(min(seconds, 0.01))

    monkeypatch.setattr(retrying_client, "_sleep", noted)
    async with (
        receiver(always(429, Retry_After="7")) as there,
        collector(tmp_path, config=sink(there.url, "")) as client,
    ):
        await push(client, token(tmp_path, SITE), device(), 1)
        await eventually(lambda: len(there.requests) >= 2)
        there.script = always(200)
        await eventually(lambda: delivered(client))
    assert waits
    assert set(waits) == {7.0}


async def test_a_receiver_that_refuses_everything_is_counted_and_does_not_stop_the_rest(
    tmp_path: Path, sink: Sink
) -> None:
    async with (
        receiver(always(400, b"no")) as there,
        collector(tmp_path, config=sink(there.url, "")) as client,
    ):
        secret, agent = token(tmp_path, SITE), device()
        await push(client, secret, agent, 2)
        await eventually(lambda: delivered(client))
        assert await metric(client, "sink_dropped_samples_total") == 2 * SAMPLES
        there.script = always(204)
        pusher = Pusher(client, agent, secret)
        assert (await pusher.batch(agent.batch(NOW, usual_results(NOW - 15 * S)))).is_success

        async def fresh() -> bool:
            return await metric(client, "sink_samples_total") == SAMPLES

        await eventually(fresh)


async def test_a_sink_that_hangs_holds_up_no_other_and_no_agent(
    tmp_path: Path, sink: Sink, samples_in: SamplesIn
) -> None:
    hangs = asyncio.Event()

    async def never(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await hangs.wait()
        writer.close()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    hanging = sink(f"http://127.0.0.1:{port}/", "").replace('"database"', '"hanging"')
    async with receiver(always(204)) as there:
        config = hanging + sink(there.url, "")
        async with collector(tmp_path, config=config) as client:
            await push(client, token(tmp_path, SITE), device(), 4)

            async def one_is_done() -> bool:
                return await metric(client, "consumer_lag_entries", having='"database"') == 0

            await eventually(one_is_done)
            assert sum(samples_in(one) for one in there.requests) == 4 * SAMPLES
            assert await metric(client, "consumer_lag_entries", having='"hanging"') == 4
    hangs.set()
    server.close()


async def test_after_a_restart_it_goes_on_where_it_was(
    tmp_path: Path, sink: Sink, samples_in: SamplesIn
) -> None:
    secret, agent = token(tmp_path, SITE), device()
    async with receiver(always(204)) as there:
        config = sink(there.url, "")
        async with collector(tmp_path, config=config) as client:
            await push(client, secret, agent, 3)
            await eventually(lambda: delivered(client))
        there.script = always(503)
        async with collector(tmp_path, config=config) as client:
            pusher = Pusher(client, agent, secret)
            assert (await pusher.batch(agent.batch(NOW, usual_results(NOW - 15 * S)))).is_success
            before = len(there.requests)
            await eventually(lambda: len(there.requests) > before)
        there.script = always(204)
        before = len(there.requests)
        async with collector(tmp_path, config=config) as client:
            await eventually(lambda: delivered(client))
        # The one that was missing, and none of those that were there.
        assert sum(samples_in(one) for one in there.requests[before:]) == SAMPLES


async def test_no_secret_stands_in_a_log_or_a_metric(
    tmp_path: Path, sink: Sink, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "password").write_text("geheimnis\n")
    async with receiver(always(401, b"who are you")) as there:
        config = sink(there.url, 'username = "collector"\npassword_file = "password"')
        with caplog.at_level(logging.DEBUG):
            async with collector(tmp_path, config=config) as client:
                await push(client, token(tmp_path, SITE), device(), 1)
                await eventually(lambda: len(there.requests) >= 3)
                metrics = (await client.get("/metrics")).text
    assert there.requests[0].headers["authorization"].startswith("Basic ")
    for text in (caplog.text, metrics):
        assert "geheimnis" not in text
        assert there.requests[0].headers["authorization"] not in text
    assert "401" in caplog.text
