"""A recording through a real collector into a real Prometheus, as if it ended just now."""

import asyncio
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cramjam
import httpx

from tests.collector.batches import BatchSealer
from tests.collector.running import Pusher, collector, eventually, token
from tests.dashboards.recording import recording_file
from tests.dashboards.recording.generated_samples import generated_results
from tests.dashboards.recording.recording_file import LabRecording
from tests.plain_http import NO_AUTHORITIES
from tests.servers import PrometheusServer
from thongsuot_collector.sinks.remote_write import protobuf
from thongsuot_dashboards import collector_metrics, recording_rules, rules
from thongsuot_dashboards.rule_file import RecordingRule as Rule
from thongsuot_schema.batch import frame
from thongsuot_schema.document import decode
from thongsuot_schema.inventory.model import Inventory

_SCRAPED_S = 1
_GENERATED_STREAM = "9e4e7a7ed0000000"
_STEP_S = 15
_CONFIG = """\
rule_files: ["{rules}/*.yml"]
scrape_configs:
  - job_name: {job}
    scrape_interval: {every}s
    file_sd_configs: [{{files: ["{targets}"]}}]
"""
_COLLECTOR = """\
[page]
silent_after_s = 3600
[[sinks]]
kind = "remote_write"
name = "prometheus"
url = "{url}"
linger_s = 0.0
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedLabData:
    """
    A Prometheus that holds a recording as if it ended just now.

    ``end_s`` is that end as Unix time; ``asked_s`` is later: by then the collector that took it has
    spoken of itself.
    """

    server: PrometheusServer
    recording: LabRecording
    end_s: float
    asked_s: float

    @property
    def start_s(self) -> float:
        """The beginning of what it holds."""
        return self.end_s - self.recording.length_s

    def at_s(self, boottime_ns: int) -> float:
        """Return when a moment of the recording is here, as Unix time."""
        return self.end_s - (self.recording.ended_ns - boottime_ns) / 1e9


@contextmanager
def filled_prometheus(folder: Path) -> Iterator[RecordedLabData]:
    """Fill a Prometheus in a folder with the recording and what the rules record of it."""
    recording = recording_file.read()
    for name, text in rules.rule_files().items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    targets = folder / "targets.json"
    more = _CONFIG.format(
        rules=folder / "rules", job=collector_metrics.JOB, every=_SCRAPED_S, targets=targets
    )
    server = PrometheusServer(folder, more_config=more).start()
    try:
        end_s, asked_s = asyncio.run(_fill(server, folder, recording, targets.write_text))
        # Rules look at the moment at which they run; for the time before, they are run now.
        _record(server, end_s - recording.length_s, asked_s)
        yield RecordedLabData(server=server, recording=recording, end_s=end_s, asked_s=asked_s)
    finally:
        server.stop()


async def _fill(
    server: PrometheusServer,
    folder: Path,
    recording: LabRecording,
    named: Callable[[str], object],
) -> tuple[float, float]:
    """
    Push all of a recording to a collector; returns when it ended, and when boards may be asked of
    the collector itself, as Unix time.
    """
    state = folder / "collector"
    state.mkdir()
    config = _COLLECTOR.format(url=server.write_url)
    inventory = decode(recording.inventory, Inventory, file="recording")
    async with collector(state, config=config, inventory=inventory) as client:
        named(json.dumps([{"targets": [str(client.base_url.netloc, "ascii")]}]))
        # What it counts from here on has to be seen to grow.
        await eventually(lambda: sum(_scrapes(server).values()) >= 2)
        pushers = {
            site.name: Pusher(client, BatchSealer(site.name, epoch_ns=0), token(state, site.name))
            for site in inventory.sites
        }
        for layout in recording.layouts:
            response = await next(iter(pushers.values())).layout(frame.pack(layout))
            assert response.status_code == 200, response.text
        end_s, began_ns = time.time(), time.monotonic_ns()
        for batch in recording.batches:
            response = await pushers[batch.site].body(
                frame.pack(batch.text),
                boottime_ns=recording.ended_ns + time.monotonic_ns() - began_ns,
                boot_id=batch.boot_id,
            )
            assert response.status_code == 200, response.text
        boots = {batch.site: batch.boot_id for batch in recording.batches}
        for site, results in generated_results(recording, inventory).items():
            sealer = BatchSealer(site, stream=_GENERATED_STREAM, boot_id=boots[site], epoch_ns=0)
            response = await Pusher(client, sealer, token(state, site)).batch(
                sealer.batch(recording.ended_ns, results),
                boottime_ns=recording.ended_ns + time.monotonic_ns() - began_ns,
            )
            assert response.status_code == 200, response.text

        async def is_all_there() -> bool:
            text = (await client.get("/metrics")).text
            lags = [float(line.split()[-1]) for line in _lines(text, collector_metrics.LAG)]
            return bool(lags) and max(lags) == 0

        await eventually(is_all_there)
        # Which takes two scrapes after all was done to have a rate.
        asked_s = await _moment_shown(server, time.time())
    return end_s, asked_s


async def _moment_shown(server: PrometheusServer, since_s: float) -> float:
    """
    Return a moment, a multiple of a step as boards ask, at which Prometheus shows what the
    collector says of itself.

    It shows nothing from a scrape that takes longer than its second, as on a busy machine, until
    the next one that is in time; nor as soon as the collector has ended.
    """
    asked_s = 0.0

    def is_there() -> bool:
        nonlocal asked_s
        scrapes = _scrapes(server)
        asked_s = max(scrapes, default=0.0) // _STEP_S * _STEP_S
        shown = [is_up for at_s, is_up in sorted(scrapes.items()) if since_s < at_s <= asked_s]
        return shown[-1:] == [True] and sum(shown) >= 2

    await eventually(is_there)
    return asked_s


def _lines(text: str, name: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith(f"{name}{{")]


def _scrapes(server: PrometheusServer) -> dict[float, bool]:
    """Return when the collector was asked in the last minute, and whether it answered in time."""
    samples = server.samples(f'up{{job="{collector_metrics.JOB}"}}', at_s=time.time(), range_s=60)
    return {
        at: up == "1"
        for values in samples.values()
        for at, up in values
        if isinstance(at, int | float)
    }


def _record(server: PrometheusServer, start_s: float, end_s: float) -> None:
    """
    Write what the recording rules would have recorded.

    Not with ``promtool tsdb create-blocks-from rules``: blocks that end later than a sample in
    Prometheus' head make it forget that sample at its next start (2026-11: an hour of three).
    """
    body = bytearray()
    for group in recording_rules.GROUPS:
        for rule in group.rules:
            assert isinstance(rule, Rule)
            for series in _over(server, rule.expr, start_s, end_s):
                labels = series["metric"] | dict(rule.labels) | {"__name__": rule.name}
                points = [(int(at * 1000), float(value)) for at, value in series["values"]]
                body += protobuf.series(protobuf.labels_field(labels), points)
    headers = {"Content-Encoding": "snappy", "X-Prometheus-Remote-Write-Version": "0.1.0"}
    packed = bytes(cramjam.snappy.compress_raw(bytes(body)))
    answer = httpx.post(
        server.write_url, content=packed, headers=headers, timeout=120, verify=NO_AUTHORITIES
    )
    assert answer.status_code == 204, answer.text


def _over(
    server: PrometheusServer, expr: str, start_s: float, end_s: float
) -> list[dict[str, Any]]:
    params = {"query": expr, "start": str(start_s), "end": str(end_s), "step": str(_STEP_S)}
    answer = httpx.post(
        f"{server.url}/api/v1/query_range", data=params, timeout=120, verify=NO_AUTHORITIES
    )
    assert answer.status_code == 200, f"{expr}: {answer.text}"
    result: list[dict[str, Any]] = answer.json()["data"]["result"]
    return result
