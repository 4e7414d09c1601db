"""Remote write: the contract of sinks, and what only this protocol has."""

import struct
from collections.abc import AsyncIterator
from pathlib import Path

import cramjam
import pytest

from tests.collector.batches import S, icmp_result, usual_results
from tests.collector.running import Pusher, collector, eventually, token
from tests.collector.sinks.http_sink_contract import *  # noqa: F403 - the contract's tests
from tests.collector.sinks.http_sink_contract import SamplesIn, Sink
from tests.collector.sinks.receiver import HttpFarSide, ReceivedRequest, always, receiver
from tests.collector.sinks.sink_contract import *  # noqa: F403 - the contract's tests
from tests.collector.sinks.sink_contract import NOW, SAMPLES, SITE, delivered, device, metric, push
from thongsuot_collector.sinks.loader import kinds, load
from thongsuot_collector.sinks.remote_write.protobuf import Sample
from thongsuot_collector.sinks.remote_write.protobuf import samples_in as samples_of

HOUR = 3600 * S


def taken(request: ReceivedRequest) -> list[Sample]:
    return samples_of(bytes(cramjam.snappy.decompress_raw(request.body)))


@pytest.fixture
def sink() -> Sink:
    def made(url: str, extra: str) -> str:
        return (
            f'[[sinks]]\nkind = "remote_write"\nname = "database"\nurl = "{url}"\n'
            f"linger_s = 0.0\nmin_backoff_s = 0.01\n{extra}\n"
        )

    return made


@pytest.fixture
def samples_in() -> SamplesIn:
    return lambda request: len(taken(request))


@pytest.fixture
async def far_side(sink: Sink, samples_in: SamplesIn) -> AsyncIterator[HttpFarSide]:
    async with receiver(always(204)) as there:
        yield HttpFarSide(there, sink(there.url, ""), samples_in)


async def test_a_request_states_its_protocol(tmp_path: Path, sink: Sink) -> None:
    async with receiver(always(204)) as there, collector(tmp_path, config=sink(there.url, "")) as c:
        await push(c, token(tmp_path, SITE), device(), 1)
        await eventually(lambda: delivered(c))
        headers = there.requests[0].headers
    assert there.requests[0].path == "/api/v1/write"
    assert headers["content-encoding"] == "snappy"
    assert headers["content-type"] == "application/x-protobuf"
    assert headers["x-prometheus-remote-write-version"] == "0.1.0"
    assert headers["user-agent"].startswith("thongsuot-collector")


async def test_fresh_and_old_samples_travel_in_requests_of_their_own_fresh_first(
    tmp_path: Path, sink: Sink
) -> None:
    agent = device()
    agent.epoch_ns -= 100 * HOUR
    now = NOW + 100 * HOUR
    secret = token(tmp_path, SITE)
    async with receiver(always(503)) as there, collector(tmp_path, config=sink(there.url, "")) as c:
        pusher = Pusher(c, agent, secret)
        for at in (now - 5 * HOUR, now - 4 * HOUR, now):
            batch = agent.batch(at, usual_results(at - 15 * S))
            assert (await pusher.batch(batch)).is_success
        await eventually(lambda: len(there.requests) >= 1)
    # Started again, it has all three to send at once.
    async with receiver(always(204)) as there, collector(tmp_path, config=sink(there.url, "")) as c:
        await eventually(lambda: delivered(c))
    first, second = ([sample.time_ms for sample in taken(request)] for request in there.requests)
    assert len(first) == SAMPLES
    assert len(second) == 2 * SAMPLES
    assert min(first) > max(second)


async def test_samples_refused_alone_are_dropped_alone(tmp_path: Path, sink: Sink) -> None:
    bad = struct.pack("<d", 0.666)

    def picky(request: ReceivedRequest) -> tuple[int, dict[str, str], bytes]:
        refuses = any(sample.value == bad for sample in taken(request))
        return (400, {}, b"duplicate sample for timestamp") if refuses else (204, {}, b"")

    async with receiver(picky) as there, collector(tmp_path, config=sink(there.url, "")) as client:
        agent = device()
        pusher = Pusher(client, agent, token(tmp_path, SITE))
        results = [
            icmp_result(NOW - place * S, rtt_s=0.666 if place in {7, 20} else 0.02)
            for place in range(40, 0, -1)
        ]
        assert (await pusher.batch(agent.batch(NOW, results))).is_success
        await eventually(lambda: delivered(client))
        assert await metric(client, "sink_samples_total") == 158
        assert await metric(client, "sink_dropped_samples_total", having="refused") == 2
        accepted = [
            sample
            for request in there.requests
            if picky(request)[0] == 204
            for sample in taken(request)
        ]
    assert len(accepted) == 158
    assert len({(sample.labels, sample.time_ms) for sample in accepted}) == 158


async def test_a_request_that_is_too_large_is_sent_in_halves(tmp_path: Path, sink: Sink) -> None:
    def small(request: ReceivedRequest) -> tuple[int, dict[str, str], bytes]:
        return (413, {}, b"") if len(taken(request)) > 50 else (204, {}, b"")

    async with receiver(small) as there, collector(tmp_path, config=sink(there.url, "")) as client:
        await push(client, token(tmp_path, SITE), device(), 1)
        await eventually(lambda: delivered(client))
        assert await metric(client, "sink_samples_total") == SAMPLES
        assert await metric(client, "sink_dropped_samples_total") == 0


async def test_a_sink_far_behind_sends_the_newest_first(tmp_path: Path, sink: Sink) -> None:
    secret, agent = token(tmp_path, SITE), device()
    config = "[ingest]\npushes_per_s = 1000\n"
    async with collector(tmp_path, config=config) as client:
        pusher = Pusher(client, agent, secret)
        for place in range(250):
            at = NOW - (300 - place) * S
            assert (await pusher.batch(agent.batch(at, [icmp_result(at - S)]))).is_success
    async with receiver(always(503)) as there:
        table = sink(there.url, "jump_entries = 10")
        async with collector(tmp_path, config=table) as client:
            newest = agent.batch(NOW, [icmp_result(NOW - S)])
            assert (await Pusher(client, agent, secret).batch(newest)).is_success
            there.script = always(204)
            await eventually(lambda: delivered(client))
            assert await metric(client, "sink_samples_total") == 251 * 4
        times = [max(sample.time_ms for sample in taken(request)) for request in there.requests]
    # The news did not wait until all of what was missed was sent.
    assert times.index(max(times)) < len(times) - 1


async def test_a_journal_started_again_is_sent_from_its_beginning(
    tmp_path: Path, sink: Sink
) -> None:
    secret, agent = token(tmp_path, SITE), device()
    async with receiver(always(204)) as there:
        config = sink(there.url, "")
        async with collector(tmp_path, config=config) as client:
            await push(client, secret, agent, 4)
            await eventually(lambda: delivered(client))
        (tmp_path / "journal.sqlite").write_bytes(b"torn" * 5000)
        before = len(there.requests)
        async with collector(tmp_path, config=config) as client:
            await push(client, secret, agent, 2)
            await eventually(lambda: delivered(client))
        assert sum(len(taken(request)) for request in there.requests[before:]) == 2 * SAMPLES


def test_every_kind_of_sink_can_be_loaded_by_its_name() -> None:
    assert "remote_write" in kinds()
    for kind in kinds():
        assert load(kind).settings
    assert "influxdb" in kinds()
    with pytest.raises(KeyError, match="remote_write"):
        load("remote_wrote")
