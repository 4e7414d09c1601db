"""A pair of real Alertmanagers that is told everything: how often they tell people of it."""

import asyncio
import logging
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.collector.notify.incident_events import (
    city_inventory,
    cut_fibre,
    message_of,
    restore_fibre,
    steady_city,
)
from tests.collector.notify.receiver_process import ReceiverProcess
from tests.collector.running import eventually
from tests.plain_http import NO_AUTHORITIES
from tests.ports import free_port
from tests.servers import need
from thongsuot_collector.notify.channels.alertmanager import AlertmanagerChannel, Settings

pytestmark = [pytest.mark.servers, pytest.mark.nightly]

SITES = ("s0", "s3")
PEER_TIMEOUT_S = 15.0
"""Alertmanager's default: so long the second one waits for the first."""

_CONFIG = """
route: {{receiver: hook, group_by: [...], group_wait: 1s, group_interval: {interval}s}}
receivers: [{{name: hook, webhook_configs: [{{url: "http://127.0.0.1:{hook}/"}}]}}]
"""

_log = logging.getLogger(__name__)


@contextmanager
def alertmanager_pair(folder: Path, interval_s: int, hook: int) -> Iterator[tuple[str, ...]]:
    """Run two that gossip; gives their addresses."""
    config = folder / "alertmanager.yml"
    config.write_text(_CONFIG.format(interval=interval_s, hook=hook), "utf-8")
    web, gossip = (free_port(), free_port()), (free_port(), free_port())
    running = []
    try:
        for own, other in ((0, 1), (1, 0)):
            with (folder / f"{own}.log").open("wb") as log:
                command = ["prometheus-alertmanager", f"--config.file={config}"]
                command += [f"--storage.path={folder / f'data-{own}'}"]
                command += [f"--web.listen-address=127.0.0.1:{web[own]}"]
                command += [f"--cluster.listen-address=127.0.0.1:{gossip[own]}"]
                command += [f"--cluster.advertise-address=127.0.0.1:{gossip[own]}"]
                command += [f"--cluster.peer=127.0.0.1:{gossip[other]}"]
                running.append(subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT))
        yield tuple(f"http://127.0.0.1:{port}" for port in web)
    finally:
        for process in running:
            process.terminate()
            process.wait()


def is_settled(url: str) -> bool:
    try:
        answer = httpx.get(f"{url}/api/v2/status", timeout=5, verify=NO_AUTHORITIES)
    except httpx.TransportError:
        return False
    cluster = answer.json()["cluster"]
    return bool(cluster["status"] == "ready" and len(cluster["peers"]) == 2)


@pytest.mark.parametrize("interval_s", [1, 20])
async def test_a_pair_tells_once_where_groups_wait_longer_than_a_peer(
    tmp_path: Path, interval_s: int
) -> None:
    need("prometheus-alertmanager")
    people = ReceiverProcess(
        "tests.collector.notify.alert_webhook_receiver", tmp_path / "people"
    ).start()

    def tellings(status: str) -> Counter[str]:
        told = people.folder.received()
        return Counter(alert["incident"] for alert in told if alert["status"] == status)

    city = steady_city(city_inventory())
    with alertmanager_pair(tmp_path, interval_s, people.port) as urls:
        for url in urls:
            await eventually(lambda: is_settled(url))  # noqa: B023
        channel = AlertmanagerChannel(Settings(kind="alertmanager", name="pair", urls=urls))
        events = [cut_fibre(city, site) for site in SITES]
        memos = {}
        for event in events:
            result = await channel.send(message_of(event, city))
            memos[event.incident.id] = result.memo or ""
        await eventually(lambda: len(tellings("firing")) == len(SITES))
        # Each has waited for the other one, and looked again.
        await asyncio.sleep(PEER_TIMEOUT_S + interval_s)
        for site in SITES:
            event = restore_fibre(city, site)
            await channel.send(message_of(event, city, memo=memos[event.incident.id]))
        await eventually(lambda: len(tellings("resolved")) == len(SITES))
        await asyncio.sleep(2 * PEER_TIMEOUT_S + interval_s)
        await channel.close()
    people.stop()
    again = sum(count > 1 for count in tellings("firing").values())
    _log.info("interval %d s: %d of %d alerts told again", interval_s, again, len(SITES))
    if interval_s > PEER_TIMEOUT_S:
        assert set(tellings("firing").values()) == set(tellings("resolved").values()) == {1}
    else:
        assert again > 0, "what the documents warn of has been mended: say so there"
