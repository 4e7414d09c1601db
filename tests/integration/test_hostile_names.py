"""
Printable names of a device, made to leave their place in what databases are written: each is in a
real Prometheus and a real VictoriaMetrics as it was, by both protocols, and makes no other series.
"""

import time
from pathlib import Path

import pytest

from tests.collector.batches import BatchSealer, S, icmp_result
from tests.collector.running import Pusher, collector, eventually, token
from tests.servers import PrometheusServer
from tests.victoria import VictoriaServer

pytestmark = pytest.mark.servers

NAMES = (
    "a,site=other b",
    "a success=0.0 1",
    'a"} 1 2',
    "{x='y'}",
    "a|b=~.*",
    "$label {{ $value }} %s",
    "# HELP x",
    "=1+1;<script>",
    'Đứt "cáp" 😀',
    "x" * 128,
)
BACKSLASH = "a\\,b\\"
NOW = 5_000 * S


def sink(kind: str, url: str, more: str = "") -> str:
    return f'[[sinks]]\nkind = "{kind}"\nname = "{kind}"\nurl = "{url}"\nlinger_s = 0.0\n{more}\n'


def in_prometheus(server: PrometheusServer, selector: str) -> set[tuple[object, object]]:
    """Return link and target of each series that a Prometheus has."""
    found = (series["metric"] for series in server.query(selector, at_s=time.time()))
    return {(labels["link"], labels["target"]) for labels in found if isinstance(labels, dict)}


def in_victoria(server: VictoriaServer, selector: str) -> set[tuple[object, object]]:
    """Return the same of a VictoriaMetrics."""
    return {(labels["link"], labels["target"]) for labels, _ in server.exported(selector)}


async def test_any_name_of_a_device_is_in_databases_as_it_was(
    prometheus: PrometheusServer, victoria: VictoriaServer, tmp_path: Path
) -> None:
    site = "hostile-names"
    written = sink("remote_write", prometheus.write_url)
    written += sink("influxdb", victoria.url, 'bucket = "links"\norg = "city"')
    async with collector(tmp_path, config=written) as client:
        sealer = BatchSealer(site, epoch_ns=time.time_ns() - NOW)
        names = (*NAMES, BACKSLASH)
        results = [icmp_result(NOW - S, link=name, target=name[::-1]) for name in names]
        pusher = Pusher(client, sealer, token(tmp_path, site))
        assert (await pusher.batch(sealer.batch(NOW, results))).status_code == 200
        known = {(name, name[::-1]) for name in NAMES}
        both = known | {(BACKSLASH, BACKSLASH[::-1])}
        # Line protocol has no way to write a backslash at the end of a tag.
        lines = known | {("a/,b/", "/b,/a")}

        wanted = f'thongsuot_icmp_rtt_seconds{{site="{site}"}}'
        await eventually(lambda: len(in_prometheus(prometheus, wanted)) >= len(both))
        await eventually(lambda: len(in_victoria(victoria, wanted)) >= len(lines))
        assert in_prometheus(prometheus, wanted) == both
        assert in_victoria(victoria, wanted) == lines
        assert in_victoria(victoria, wanted.replace(site, "other")) == set()
        dropped = (await client.get("/metrics")).text
        assert not [
            line
            for line in dropped.splitlines()
            if line.startswith("thongsuot_collector_sink_dropped") and not line.endswith(" 0.0")
        ]
