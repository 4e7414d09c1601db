"""
The contract of a sink whose far side is asked by HTTP, beside ``sink_contract``.

Each such kind's test module imports these tests and gives ``sink``, which makes of a receiver's URL
one ``[[sinks]]`` table named ``database``, and of extra lines what is to stand in it.
``samples_in`` counts the samples of one request.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.collector.batches import S, usual_results
from tests.collector.running import Pusher, collector, eventually, token
from tests.collector.sinks.receiver import Answer, ReceivedRequest, always, receiver
from tests.collector.sinks.sink_contract import (
    NOW,
    SAMPLES,
    SITE,
    delivered,
    device,
    metric,
    push,
)

Sink = Callable[[str, str], str]
SamplesIn = Callable[[ReceivedRequest], int]


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
        assert sum(samples_in(request) for request in there.requests[before:]) >= 3 * SAMPLES
        assert await metric(client, "sink_dropped_samples_total") == 0


async def test_the_receiver_says_how_long_to_wait(tmp_path: Path, sink: Sink) -> None:
    came: list[float] = []

    def busy(_request: ReceivedRequest) -> Answer:
        came.append(time.monotonic())
        return (429, {"Retry-After": "1"}, b"") if len(came) == 1 else (200, {}, b"")

    async with (
        receiver(busy) as there,
        collector(tmp_path, config=sink(there.url, "")) as client,
    ):
        await push(client, token(tmp_path, SITE), device(), 1)
        await eventually(lambda: delivered(client))
    assert came[1] - came[0] >= 1.0


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
            assert sum(samples_in(request) for request in there.requests) == 4 * SAMPLES
            assert await metric(client, "consumer_lag_entries", having='"hanging"') == 4
    hangs.set()
    server.close()


async def test_no_secret_is_in_a_log_or_a_metric(
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
