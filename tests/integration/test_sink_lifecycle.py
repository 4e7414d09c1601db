"""Each sink lives through a bad day of its database, before real servers."""

import gzip
import struct
from collections.abc import Mapping
from pathlib import Path

import cramjam
import pytest

from tests.collector.sinks.life_contract import Sample, SinkUnderTest, live_through_it
from tests.collector.sinks.receiver import ReceivedRequest
from tests.servers import PrometheusServer, need
from tests.victoria import VictoriaServer

pytestmark = pytest.mark.servers

DAY_S = 86_400


def written_by_remote_write(request: ReceivedRequest, value: float) -> bool:
    return struct.pack("<d", value) in bytes(cramjam.snappy.decompress_raw(request.body))


def written_as_lines(request: ReceivedRequest, value: float) -> bool:
    return f"={value},".encode() in gzip.decompress(request.body)


def remote_write(url: str) -> str:
    return (
        '[[sinks]]\nkind = "remote_write"\nname = "database"\nlinger_s = 0.0\n'
        f'min_backoff_s = 0.01\njump_entries = 20\nurl = "{url}/api/v1/write"\n'
    )


def influxdb(url: str) -> str:
    return (
        '[[sinks]]\nkind = "influxdb"\nname = "database"\nlinger_s = 0.0\n'
        f'min_backoff_s = 0.01\njump_entries = 20\nurl = "{url}"\nbucket = "links"\norg = "city"\n'
    )


def held_by_victoria(server: VictoriaServer, site: str) -> Mapping[Sample, list[float]]:
    held: dict[Sample, list[float]] = {}
    for labels, samples in server.exported(f'{{site="{site}"}}'):
        for time_ms, value in samples:
            sample = (labels["__name__"], labels["link"], labels["target"], time_ms)
            held.setdefault(sample, []).append(value)
    return held


def held_by_prometheus(server: PrometheusServer, site: str) -> Mapping[Sample, list[float]]:
    held: dict[Sample, list[float]] = {}
    for series in server.query(f'{{site="{site}"}}[{2 * DAY_S}s]'):
        labels, values = series["metric"], series["values"]
        assert isinstance(labels, dict)
        assert isinstance(values, list)
        for time_s, value in values:
            sample = (labels["__name__"], labels["link"], labels["target"], round(time_s * 1000))
            held.setdefault(sample, []).append(float(value))
    return held


async def test_prometheus_by_remote_write(tmp_path: Path) -> None:
    need("prometheus")
    folder = tmp_path / "prometheus"
    folder.mkdir()
    server = PrometheusServer(folder, window_s=2 * DAY_S).start()
    try:
        life = SinkUnderTest(
            site="bad-day",
            server_url=server.url,
            table=remote_write,
            holds=written_by_remote_write,
            stored=lambda: held_by_prometheus(server, "bad-day"),
        )
        await live_through_it(life, tmp_path)
    finally:
        server.stop()


@pytest.mark.parametrize("kind", ["remote_write", "influxdb"])
async def test_victoria_metrics(kind: str, victoria: VictoriaServer, tmp_path: Path) -> None:
    site = f"bad-day-{kind}"
    is_lines = kind == "influxdb"
    life = SinkUnderTest(
        site=site,
        server_url=victoria.url,
        table=influxdb if is_lines else remote_write,
        holds=written_as_lines if is_lines else written_by_remote_write,
        stored=lambda: held_by_victoria(victoria, site),
    )
    await live_through_it(life, tmp_path)
