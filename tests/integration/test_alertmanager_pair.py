"""A pair of real Alertmanagers that is told everything: how often they tell people of it."""

import asyncio
import logging
import signal
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import httpx
import pytest

from tests.collector.notify.channel_contract import running_service
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


class AlertmanagerPair(NamedTuple):
    urls: tuple[str, ...]
    processes: tuple[subprocess.Popen[bytes], ...]


@contextmanager
def alertmanager_pair(folder: Path, interval_s: int, hook: int) -> Iterator[AlertmanagerPair]:
    """Run two that gossip."""
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
        yield AlertmanagerPair(tuple(f"http://127.0.0.1:{port}" for port in web), tuple(running))
    finally:
        for process in running:
            process.send_signal(signal.SIGCONT)
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
    with alertmanager_pair(tmp_path, interval_s, people.port) as pair:
        for url in pair.urls:
            await eventually(lambda: is_settled(url))  # noqa: B023
        channel = AlertmanagerChannel(Settings(kind="alertmanager", name="pair", urls=pair.urls))
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


@pytest.mark.parametrize("absent", [0, 1])
async def test_an_alert_that_ended_while_a_member_was_absent_is_not_told_as_firing_again(
    tmp_path: Path, absent: int
) -> None:
    need("prometheus-alertmanager")
    people = ReceiverProcess(
        "tests.collector.notify.alert_webhook_receiver", tmp_path / "people"
    ).start()

    def told() -> list[str]:
        return [alert["status"] for alert in people.folder.received()]

    city = steady_city(city_inventory())
    with alertmanager_pair(tmp_path, 20, people.port) as pair:
        for url in pair.urls:
            await eventually(lambda: is_settled(url))  # noqa: B023
        settings = Settings(
            kind="alertmanager", name="main", urls=pair.urls, repeat_s=5.0, timeout_s=2.0
        )
        channels = {"main": AlertmanagerChannel(settings)}
        async with running_service(city, tmp_path, channels) as service:
            await service.accept(cut_fibre(city))
            await eventually(lambda: told() == ["firing"])
            # The second has waited for the first, and knows that people have been told.
            await asyncio.sleep(PEER_TIMEOUT_S + 20)
            pair.processes[absent].send_signal(signal.SIGSTOP)
            await service.accept(restore_fibre(city))
            await eventually(lambda: "resolved" in told())
            pair.processes[absent].send_signal(signal.SIGCONT)
            for url in pair.urls:
                await eventually(lambda: is_settled(url))  # noqa: B023
            await asyncio.sleep(3 * PEER_TIMEOUT_S + 20)
    people.stop()
    assert told()[:2] == ["firing", "resolved"]
    # A member that notified at the same moment is Alertmanager's; one that calls it firing is not.
    assert "firing" not in told()[1:]
