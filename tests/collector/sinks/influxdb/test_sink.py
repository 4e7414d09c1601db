"""InfluxDB: the contract of sinks, and what only this protocol has."""

import gzip
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.collector.batches import S, icmp_result
from tests.collector.running import Pusher, collector, eventually, token
from tests.collector.sinks.http_sink_contract import *  # noqa: F403 - the contract's tests
from tests.collector.sinks.http_sink_contract import SamplesIn, Sink
from tests.collector.sinks.receiver import HttpFarSide, ReceivedRequest, always, receiver
from tests.collector.sinks.sink_contract import *  # noqa: F403 - the contract's tests
from tests.collector.sinks.sink_contract import NOW, SITE, delivered, device, metric, push
from thongsuot_collector.config.read import parse_configuration
from thongsuot_collector.sinks.influxdb.line_protocol import LinePoint, lines_in
from thongsuot_runtime.config_file import ConfigInvalid


def taken(request: ReceivedRequest) -> list[LinePoint]:
    assert request.headers["content-encoding"] == "gzip"
    return lines_in(gzip.decompress(request.body))


@pytest.fixture
def sink() -> Sink:
    def made(url: str, extra: str) -> str:
        server = "/".join(url.split("/")[:3])
        return (
            f'[[sinks]]\nkind = "influxdb"\nname = "database"\nurl = "{server}"\n'
            f'bucket = "links"\norg = "city"\nlinger_s = 0.0\nmin_backoff_s = 0.01\n{extra}\n'
        )

    return made


@pytest.fixture
def samples_in() -> SamplesIn:
    return lambda request: sum(line.count for line in taken(request))


@pytest.fixture
async def far_side(sink: Sink, samples_in: SamplesIn) -> AsyncIterator[HttpFarSide]:
    async with receiver(always(204)) as there:
        yield HttpFarSide(there, sink(there.url, ""), samples_in)


async def test_a_request_says_where_it_goes(tmp_path: Path, sink: Sink) -> None:
    (tmp_path / "token").write_text("user:password\n")
    async with receiver(always(204)) as there:
        config = sink(there.url, 'token_file = "token"')
        async with collector(tmp_path, config=config) as client:
            await push(client, token(tmp_path, SITE), device(), 1)
            await eventually(lambda: delivered(client))
        headers = there.requests[0].headers
    assert there.requests[0].path == "/api/v2/write?org=city&bucket=links&precision=ms"
    assert headers["authorization"] == "Token user:password"
    assert headers["content-type"] == "text/plain"
    assert headers["user-agent"] == "thongsuot-collector"


async def test_a_redirect_is_not_followed(tmp_path: Path, sink: Sink) -> None:
    async with receiver(always(204)) as elsewhere:
        moved = always(307, b"", Location=f"http://127.0.0.1:{elsewhere.port}/api/v2/write")
        async with (
            receiver(moved) as there,
            collector(tmp_path, config=sink(there.url, "")) as client,
        ):
            await push(client, token(tmp_path, SITE), device(), 1)
            await eventually(lambda: len(there.requests) >= 2)
            assert await metric(client, "sink_dropped_samples_total") == 0
        assert elsewhere.requests == []


async def test_a_point_that_is_refused_is_dropped_alone(tmp_path: Path, sink: Sink) -> None:
    def picky(request: ReceivedRequest) -> tuple[int, dict[str, str], bytes]:
        refuses = any(b"rtt_seconds=0.666" in line.text for line in taken(request))
        return (422, {}, b"field type conflict") if refuses else (204, {}, b"")

    async with receiver(picky) as there, collector(tmp_path, config=sink(there.url, "")) as client:
        agent = device()
        results = [
            icmp_result(NOW - place * S, rtt_s=0.666 if place in {7, 20} else 0.02)
            for place in range(40, 0, -1)
        ]
        pusher = Pusher(client, agent, token(tmp_path, SITE))
        assert (await pusher.batch(agent.batch(NOW, results))).is_success
        await eventually(lambda: delivered(client))
        # A point is refused with all its fields: three metrics and success.
        assert await metric(client, "sink_dropped_samples_total", having="refused") == 2 * 4
        assert await metric(client, "sink_samples_total") == 38 * 4


async def test_points_older_than_the_bucket_keeps_are_found_in_few_requests(
    tmp_path: Path, sink: Sink
) -> None:
    edge_ms = 0

    def forgetful(request: ReceivedRequest) -> tuple[int, dict[str, str], bytes]:
        refuses = any(line.time_ms < edge_ms for line in taken(request))
        refusal = b"partial write: points beyond retention policy dropped=1"
        return (422, {}, refusal) if refuses else (204, {}, b"")

    async with (
        receiver(forgetful) as there,
        collector(tmp_path, config=sink(there.url, "")) as client,
    ):
        agent = device()
        edge_ms = (agent.epoch_ns + NOW - 500 * S) // 1_000_000
        results = [icmp_result(NOW - place * S) for place in range(1000, 0, -1)]
        pusher = Pusher(client, agent, token(tmp_path, SITE))
        assert (await pusher.batch(agent.batch(NOW, results))).is_success
        await eventually(lambda: delivered(client))
        assert await metric(client, "sink_dropped_samples_total", having="too_old") == 500 * 4
        assert await metric(client, "sink_samples_total") == 500 * 4
        assert len(there.requests) < 30


def test_the_client_is_imported_only_where_such_a_sink_delivers(tmp_path: Path) -> None:
    already = "influxdb_client" in sys.modules
    table = '[[sinks]]\nkind = "influxdb"\nname = "a"\nurl = "http://x"\nbucket = "b"\n'
    assert parse_configuration(table, file="collector.toml", folder=tmp_path).sinks
    assert ("influxdb_client" in sys.modules) is already


@pytest.mark.parametrize(
    ("extra", "says"),
    [
        ('url = "http://x/api/v2/write"\nbucket = "b"', "is added to it"),
        ('url = "http://x?db=y"\nbucket = "b"', "has a query"),
        ('url = "http://x"\nbucket = ""', "length >= 1"),
        ('url = "http://x"', "bucket"),
        ('url = "http://x"\nbucket = "b"\ntoken_file = "gone"', "gone"),
        ('url = "http://u:p@x"\nbucket = "b"', "holds credentials"),
        (
            'url = "http://x"\nbucket = "b"\ntoken_file = "t"\nusername = "u"\npassword_file = "t"',
            "one is meant",
        ),
    ],
)
def test_settings_that_cannot_work_are_refused_at_start(
    tmp_path: Path, extra: str, says: str
) -> None:
    (tmp_path / "t").write_text("secret")
    text = f'[[sinks]]\nkind = "influxdb"\nname = "a"\n{extra}\n'
    with pytest.raises(ConfigInvalid, match=says) as caught:
        parse_configuration(text, file="collector.toml", folder=tmp_path)
    assert str(caught.value).startswith("collector.toml:")


async def test_a_server_that_cannot_be_reached_is_tried_again(tmp_path: Path, sink: Sink) -> None:
    # Bound, so that nobody else answers there, and not listening.
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
        async with collector(tmp_path, config=sink(url, "")) as client:
            await push(client, token(tmp_path, SITE), device(), 2)

            async def tried() -> bool:
                return await metric(client, "sink_requests_total", having='"retry"') >= 3

            await eventually(tried)
            lag = await metric(client, "consumer_lag_entries", having='"database"')
            assert lag == 2
