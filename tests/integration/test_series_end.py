"""What a query finds when a link disappears, or gets other labels: in real databases."""

import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.collector.batches import BatchSealer, S, icmp_result, unmeasured
from tests.collector.running import WITHIN_S, Pusher, collector, eventually, token
from tests.collector.sinks.sink_contract import metric
from tests.integration.test_prometheus_remote_write import inventory
from tests.servers import PrometheusServer
from tests.victoria import VictoriaServer
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.inventory.model import Inventory, Link, Site

pytestmark = pytest.mark.servers

NOW = 5000 * S


@pytest.fixture(params=["prometheus", "victoria"])
def server_url(request: pytest.FixtureRequest) -> str:
    server = request.getfixturevalue(request.param)
    assert isinstance(server, PrometheusServer | VictoriaServer)
    return server.url


def table(server_url: str) -> str:
    return (
        '[[sinks]]\nkind = "remote_write"\nname = "database"\nlinger_s = 0.0\n'
        f'url = "{server_url}/api/v1/write"\n'
    )


def query(server_url: str, expression: str, at_s: float) -> list[dict[str, str]]:
    """Return the labels of the series that are there at a moment."""
    httpx.get(f"{server_url}/internal/force_flush", timeout=WITHIN_S)
    asked = f"query={quote(expression)}&time={at_s:.3f}&nocache=1"
    answer = httpx.get(f"{server_url}/api/v1/query?{asked}", timeout=WITHIN_S)
    assert answer.status_code == 200, answer.text
    return [series["metric"] for series in answer.json()["data"]["result"]]


def with_carrier(site: str, carrier: str) -> Inventory:
    link = Link(name="fiber", interface="eth0", medium=Medium.FIBER, carrier=carrier)
    return Inventory(sites=(Site(name=site, commune="00070", links=(link,)),))


def sent(client: httpx.AsyncClient, count: int) -> Callable[[], object]:
    async def is_sent() -> bool:
        return await metric(client, "sink_samples_total") == count

    return is_sent


async def test_a_link_that_disappears_is_gone_at_once(server_url: str, tmp_path: Path) -> None:
    site = f"gone-{server_url[-5:]}"
    agent = BatchSealer(site, epoch_ns=time.time_ns() - NOW)
    config = table(server_url)
    async with collector(tmp_path, config=config, inventory=inventory(site)) as client:
        pusher = Pusher(client, agent, token(tmp_path, site))
        before = [icmp_result(NOW - 60 * S, link=link) for link in ("fiber", "5g")]
        after = [icmp_result(NOW - 45 * S), unmeasured(NOW - 45 * S, link="5g")]
        for sealed, results in ((NOW - 55 * S, before), (NOW - 40 * S, after)):
            batch = agent.batch(sealed, results)
            answer = await pusher.batch(batch, boottime_ns=agent.uptime_ns())
            assert answer.status_code == 200, answer.text
        # Twice four; four and one; and the ends of four.
        await eventually(sent(client, 8 + 5 + 4))

    def links(metric_name: str, second: int) -> list[str]:
        at_s = (agent.epoch_ns + NOW - second * S) / 1e9
        series = query(server_url, f'thongsuot_icmp_{metric_name}{{site="{site}"}}', at_s)
        return sorted(labels["link"] for labels in series)

    # Databases show what they took within moments, not at once.
    await eventually(lambda: links("unmeasured", 44) == ["5g"])
    await eventually(lambda: links("rtt_seconds", 50) == ["5g", "fiber"])
    await eventually(lambda: links("rtt_seconds", 44) == ["fiber"])
    await eventually(lambda: links("success", 44) == ["fiber"])


async def test_a_link_that_gets_another_carrier_is_not_there_twice(
    server_url: str, tmp_path: Path
) -> None:
    site = f"moved-{server_url[-5:]}"
    agent = BatchSealer(site, epoch_ns=time.time_ns() - NOW)
    config = table(server_url)
    secret = token(tmp_path, site)
    for place, carrier in enumerate(("vnpt", "viettel")):
        known = with_carrier(site, carrier)
        async with collector(tmp_path, config=config, inventory=known) as client:
            at = NOW - (60 - place * 30) * S
            batch = agent.batch(at + 5 * S, [icmp_result(at)])
            pusher = Pusher(client, agent, secret)
            pushed = await pusher.batch(batch, boottime_ns=agent.uptime_ns())
            assert pushed.status_code == 200, pushed.text
            await eventually(sent(client, 4 + place * 4))

    def carriers(second: int) -> list[str]:
        at_s = (agent.epoch_ns + NOW - second * S) / 1e9
        series = query(server_url, f'thongsuot_icmp_rtt_seconds{{site="{site}"}}', at_s)
        return [labels["carrier"] for labels in series]

    await eventually(lambda: carriers(40) == ["vnpt"])
    await eventually(lambda: carriers(25) == ["viettel"])
