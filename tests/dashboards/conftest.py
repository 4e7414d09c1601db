"""One Prometheus that holds the town's three hours, for all tests that only ask it."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cramjam
import httpx
import pytest

from tests.collector.batches import Agent
from tests.collector.running import Pusher, collector, eventually, token
from tests.dashboards import places, town
from tests.servers import PrometheusServer, need
from thongsuot_collector.samples import protobuf
from thongsuot_dashboards import own, recorded, rules
from thongsuot_dashboards.rulefile import Recording

_SCRAPED_S = 1
_STEP_S = 15
_CONFIG = """\
rule_files: ["{rules}/*.yml"]
scrape_configs:
  - job_name: {job}
    scrape_interval: {every}s
    file_sd_configs: [{{files: ["{targets}"]}}]
"""
_SINK = """\
[[sinks]]
kind = "remote_write"
name = "prometheus"
url = "{url}"
linger_s = 0.0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """A Prometheus that holds the town; ``end_s`` is the end of what it holds, as Unix time."""

    server: PrometheusServer
    end_s: float

    @property
    def start_s(self) -> float:
        """The beginning of what it holds."""
        return self.end_s - town.HOURS * 3600


@pytest.fixture(scope="session")
def filled_town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The town's Prometheus, with the recorded series of all three hours."""
    need("prometheus")
    folder = tmp_path_factory.mktemp("town")
    for name, text in rules.files().items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    targets = folder / "targets.json"
    more = _CONFIG.format(rules=folder / "rules", job=own.JOB, every=_SCRAPED_S, targets=targets)
    server = PrometheusServer(folder, more_config=more).start()
    try:
        end_s = asyncio.run(_fill(server, folder, targets.write_text))
        # Rules look at the moment at which they run; for the hours before, they are run now.
        _record(server, end_s)
        yield Town(server=server, end_s=end_s)
    finally:
        server.stop()


async def _fill(server: PrometheusServer, folder: Path, named: Callable[[str], object]) -> float:
    state = folder / "collector"
    state.mkdir()
    now_ns = time.time_ns()
    epoch_ns = now_ns - town.BOOT_BEFORE - town.LENGTH
    config = _SINK.format(url=server.write_url)
    async with collector(state, config=config, inventory=places.inventory()) as client:
        named(json.dumps([{"targets": [str(client.base_url.netloc, "ascii")]}]))
        for place in places.PLACES:
            agent = Agent(place.name, epoch_ns=epoch_ns)
            pusher = Pusher(client, agent, token(state, place.name))
            for batch in town.batches(place, agent):
                response = await pusher.batch(batch, boottime_ns=town.BOOT_BEFORE + town.LENGTH)
                assert response.status_code == 200, response.text

        async def is_all_there() -> bool:
            text = (await client.get("/metrics")).text
            lags = [float(line.split()[-1]) for line in _lines(text, own.LAG)]
            return bool(lags) and max(lags) == 0

        await eventually(is_all_there)
        # Boards are asked at multiples of a step; one of them has to lie in what the collector said
        # of itself after all was done.
        asked_s = (time.time() // _STEP_S + 1) * _STEP_S
        await eventually(lambda: _scrapes_since(server, asked_s) >= 3)
    return time.time()


def _lines(text: str, name: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(f"{name}{{")]


def _scrapes_since(server: PrometheusServer, since_s: float) -> int:
    found = server.samples(f'up{{job="{own.JOB}"}}', at_s=time.time(), range_s=60)
    times = [at for values in found.values() for at, _ in values if isinstance(at, int | float)]
    return sum(at > since_s for at in times)


def _record(server: PrometheusServer, end_s: float) -> None:
    """
    Write what the recording rules would have recorded.

    Not with ``promtool tsdb create-blocks-from rules``: blocks that end later than a sample in
    Prometheus' head make it forget that sample at its next start (2026-11: an hour of three).
    """
    start_s = end_s - town.HOURS * 3600
    body = bytearray()
    for group in recorded.GROUPS:
        for rule in group.rules:
            assert isinstance(rule, Recording)
            for found in _over(server, rule.expr, start_s, end_s):
                labels = found["metric"] | dict(rule.labels) | {"__name__": rule.name}
                points = [(int(at * 1000), float(value)) for at, value in found["values"]]
                body += protobuf.series(protobuf.labels_field(labels), points)
    headers = {"Content-Encoding": "snappy", "X-Prometheus-Remote-Write-Version": "0.1.0"}
    packed = bytes(cramjam.snappy.compress_raw(bytes(body)))
    answer = httpx.post(server.write_url, content=packed, headers=headers, timeout=120)
    assert answer.status_code == 204, answer.text


def _over(
    server: PrometheusServer, expr: str, start_s: float, end_s: float
) -> list[dict[str, Any]]:
    params = {"query": expr, "start": str(start_s), "end": str(end_s), "step": "60"}
    answer = httpx.post(f"{server.url}/api/v1/query_range", data=params, timeout=120)
    assert answer.status_code == 200, f"{expr}: {answer.text}"
    found: list[dict[str, Any]] = answer.json()["data"]["result"]
    return found
