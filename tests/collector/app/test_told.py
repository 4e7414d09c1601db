"""A running collector tells: from a push over the wire to the carrier, through kills, once."""

import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest

from tests.collector.app.process import CollectorProcess
from tests.collector.batches import Agent, S, change, icmp_result
from tests.collector.notify.making import secret_file
from tests.collector.notify.peer import Peer
from tests.collector.running import WITHIN_S, Pusher, eventually, token
from thongsuot_collector.notify.webhook import Body
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

SECRET = "sesame"
SITE = "hoan-kiem"
BOOTED_NS = 5_000 * S
"""The device's boottime when the test begins."""

INVENTORY = """
[[carriers]]
name = "vnpt"
title = "VNPT"
[[sites]]
name = "hoan-kiem"
title = "Điểm phục vụ Hoàn Kiếm"
[[sites.links]]
name = "fiber"
interface = "eth0"
medium = "fiber"
carrier = "vnpt"
circuit = "HNI-1"
"""

CONFIG = """
inventory_dir = "inventory"
[timeline]
calm_s = 0.5
[incidents]
hold_s = {hold_s}
[notify]
channels = ["main"]
[[channels]]
kind = "webhook"
name = "main"
url = "http://127.0.0.1:{port}/"
secret_file = "secret"
"""


class Stage:
    """A collector, a carrier's receiver, and one agent's uplink."""

    def __init__(self, folder: Path, *, hold_s: float) -> None:
        self.hook = Peer("tests.collector.notify.webhook_receiver", folder / "hook", SECRET).start()
        (folder / "inventory").mkdir()
        (folder / "inventory" / "city.toml").write_text(INVENTORY, encoding="utf-8")
        secret_file(folder, "secret", SECRET)
        config = CONFIG.format(port=self.hook.port, hold_s=hold_s)
        self.collector = CollectorProcess(folder, config)
        self.secret = token(folder / "state", SITE)
        self.agent = Agent(SITE, epoch_ns=time.time_ns() - BOOTED_NS)

    async def say(self, state: State, *, is_first: bool = False) -> httpx.Response:
        """Push how the fibre is now."""
        now_ns = time.time_ns() - self.agent.epoch_ns
        is_up = state is State.UP
        batch = self.agent.batch(
            now_ns,
            [icmp_result(now_ns - S)],
            changes=[
                change(
                    now_ns,
                    state,
                    segment=None if is_up else Segment.ACCESS,
                    symptom=Symptom.NONE if is_up else Symptom.ACCESS_SILENT,
                )
            ],
            notices=[Notice(code=NoticeCode.STARTED, boottime_ns=now_ns - 2 * S)]
            if is_first
            else [],
        )
        async with httpx.AsyncClient(base_url=self.collector.url, timeout=WITHIN_S) as client:
            response = await Pusher(client, self.agent, self.secret).batch(
                batch, boottime_ns=now_ns
            )
        assert response.status_code == 200, response.text
        return response

    async def crash(self) -> None:
        """Kill the collector, and start it again."""
        await self.collector.end(signal.SIGKILL)
        await self.collector.start()

    async def get(self, path: str) -> httpx.Response:
        """Ask the collector for a page."""
        async with httpx.AsyncClient(base_url=self.collector.url, timeout=WITHIN_S) as client:
            return await client.get(path)

    def told(self) -> list[Body]:
        """Return what the carrier was told; its receiver takes only what is signed."""
        found = self.hook.folder.received()
        return [msgspec.json.decode(one["body"], type=Body) for one in found]

    async def is_told(self, number: int) -> None:
        """Wait until the carrier was told so many things, and the collector has noted that."""
        await eventually(lambda: len(self.told()) >= number)

        async def nothing_waits() -> bool:
            text = (await self.get("/metrics")).text
            return "thongsuot_collector_notify_waiting 0.0" in text

        await eventually(nothing_waits)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    made = Stage(tmp_path, hold_s=1.0)
    try:
        await made.collector.start()
        yield made
    finally:
        if made.collector.process is not None:
            await made.collector.end(signal.SIGKILL)
        made.hook.stop()


async def test_killed_between_news_and_telling_it_tells_once_and_the_end_too(stage: Stage) -> None:
    await stage.say(State.UP, is_first=True)
    await stage.say(State.DOWN)
    await stage.crash()  # acknowledged, and nobody told yet
    await stage.is_told(1)
    await stage.crash()
    # The next push is answered with whom the system has told, for the page on the LAN.
    answer = (await stage.say(State.DOWN)).json()
    assert [(one["party"], one["channel"], one["link"]) for one in answer["told"]] == [
        ("carrier", "webhook", "fiber")
    ]
    page = (await stage.get(f"/sites/{SITE}.json")).json()
    assert [(one["party"], one["about"]) for one in page["told"]] == [("carrier", "fiber")]
    await stage.say(State.UP)
    await stage.crash()
    await stage.is_told(2)
    assert (await stage.say(State.UP)).json().get("told") is None
    assert await stage.collector.end() == 0, stage.collector.log()
    opened, resolved = stage.told()
    assert (opened.kind, resolved.kind) == ("opened", "resolved")
    assert opened.conversation == resolved.conversation
    assert str(opened.audience.name) == "vnpt"
    (shown,) = opened.incident.shown
    assert [batch.number for batch in shown.batches] == [2]
    assert "Traceback" not in stage.collector.log()


async def test_what_comes_of_telling_is_measured(stage: Stage) -> None:
    await stage.say(State.UP, is_first=True)
    stage.hook.folder.behave("503")
    await stage.say(State.DOWN)

    async def is_seen() -> bool:
        lines = (await stage.get("/metrics")).text.splitlines()
        return "thongsuot_collector_notify_unreached 1.0" in lines

    await eventually(is_seen)
    (told,) = (await stage.get(f"/sites/{SITE}.json")).json()["told"]
    assert told["is_delivered"] is False
    stage.hook.folder.behave("well")
    await stage.is_told(1)
    lines = (await stage.get("/metrics")).text.splitlines()
    assert "thongsuot_collector_notify_unreached 0.0" in lines
    lag = 'thongsuot_collector_consumer_lag_entries{consumer="incidents"} 0.0'
    assert lag in lines
