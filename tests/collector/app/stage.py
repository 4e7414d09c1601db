"""A collector as a process, a carrier's receiver beside it, and one agent's uplink."""

import signal
import time
from pathlib import Path

import httpx
import msgspec

from tests.collector.app.process import CollectorProcess
from tests.collector.batches import BatchSealer, S, change, icmp_result
from tests.collector.notify.incident_events import secret_file
from tests.collector.notify.receiver_process import ReceiverProcess
from tests.collector.running import WITHIN_S, Pusher, eventually, token
from tests.plain_http import NO_AUTHORITIES
from thongsuot_collector.notify.channels.webhook.channel import WebhookBody
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
hold_s = 1
release_s = 0.5
[page]
password_file = "password"
[notify]
channels = ["main"]
page_url = "https://thongsuot.example/"
[[channels]]
kind = "webhook"
name = "main"
url = "http://127.0.0.1:{port}/"
secret_file = "secret"
"""


PASSWORD = "xem thôi"
"""Of those who may look."""


class NotifyingStack:
    """All three, in a folder; ``close`` ends them."""

    def __init__(self, folder: Path, *, inventory: str = INVENTORY, config: str = CONFIG) -> None:
        self.hook = ReceiverProcess(
            "tests.collector.notify.webhook_receiver", folder / "hook", SECRET
        ).start()
        (folder / "inventory").mkdir()
        (folder / "inventory" / "city.toml").write_text(inventory, encoding="utf-8")
        secret_file(folder, "secret", SECRET)
        secret_file(folder, "password", PASSWORD)
        self.collector = CollectorProcess(folder, config.format(port=self.hook.port))
        self.secret = token(folder / "state", SITE)
        self.agent = BatchSealer(SITE, epoch_ns=time.time_ns() - BOOTED_NS)

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
        async with httpx.AsyncClient(
            base_url=self.collector.url, timeout=WITHIN_S, verify=NO_AUTHORITIES
        ) as client:
            response = await Pusher(client, self.agent, self.secret).batch(
                batch, boottime_ns=now_ns
            )
        assert response.status_code == 200, response.text
        return response

    async def crash(self) -> None:
        """Kill the collector, and start it again."""
        await self.collector.end(signal.SIGKILL)
        await self.collector.start()

    async def close(self) -> None:
        """End it all."""
        if self.collector.process is not None:
            await self.collector.end(signal.SIGKILL)
        self.hook.stop()

    async def get(self, path: str) -> httpx.Response:
        """Ask the collector for a page, as somebody who may look."""
        return await self.ask("GET", path, auth=("ai", PASSWORD))

    async def ask(
        self,
        method: str,
        path: str,
        *,
        auth: tuple[str, str] | None = None,
        headers: dict[str, str] | None = None,
        form: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Ask the collector for anything."""
        async with httpx.AsyncClient(
            base_url=self.collector.url, timeout=WITHIN_S, verify=NO_AUTHORITIES
        ) as client:
            return await client.request(
                method, path, auth=_encoded(auth), headers=headers, data=form
            )

    def told(self) -> list[WebhookBody]:
        """Return what the carrier was told; its receiver takes only what is signed."""
        requests = self.hook.folder.received()
        return [msgspec.json.decode(request["body"], type=WebhookBody) for request in requests]

    async def is_told(self, number: int) -> None:
        """Wait until the carrier was told so many things, and the collector has noted that."""
        await eventually(lambda: len(self.told()) >= number)

        async def nothing_waits() -> bool:
            text = (await self.get("/metrics")).text
            return "thongsuot_collector_notify_waiting 0.0" in text

        await eventually(nothing_waits)


def _encoded(auth: tuple[str, str] | None) -> httpx.BasicAuth | None:
    return None if auth is None else httpx.BasicAuth(*auth)
