"""A collector as a process, a carrier's receiver beside it, and one agent's uplink."""

import signal
from pathlib import Path

import httpx
import msgspec
from sqlalchemy import create_engine

from tests.collector.app.process import CollectorProcess
from tests.collector.notify.incident_events import secret_file
from tests.collector.notify.receiver_process import ReceiverProcess
from tests.collector.reporting_agent import ReportingAgent
from tests.collector.running import WITHIN_S, eventually, token
from tests.plain_http import NO_AUTHORITIES
from thongsuot_collector.notify.channels.webhook.channel import WebhookBody
from thongsuot_collector.notify.dispatch.delivery_log import load_open_threads
from thongsuot_schema.state import State

SECRET = "sesame"
SITE = "hoan-kiem"

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
timeout_s = 60.0
"""


PASSWORD = "xem thôi"
"""Of those who may look."""


class NotifyingStack:
    """All three, in a folder; ``close`` ends them."""

    def __init__(
        self,
        folder: Path,
        *,
        inventory: str = INVENTORY,
        config: str = CONFIG,
    ) -> None:
        self.hook = ReceiverProcess(
            "tests.collector.notify.webhook_receiver", folder / "hook", SECRET
        ).start()
        (folder / "inventory").mkdir()
        (folder / "inventory" / "city.toml").write_text(inventory, encoding="utf-8")
        secret_file(folder, "secret", SECRET)
        secret_file(folder, "password", PASSWORD)
        text = config.format(port=self.hook.port)
        self.collector = CollectorProcess(folder, text)
        self.agent = ReportingAgent(SITE, token(folder / "state", SITE))

    async def report(self, state: State) -> httpx.Response:
        """Push how the fibre is now."""
        async with httpx.AsyncClient(
            base_url=self.collector.url, timeout=WITHIN_S, verify=NO_AUTHORITIES
        ) as client:
            return await self.agent.report(client, {"fiber": state})

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

    def notifications(self) -> list[WebhookBody]:
        """Return the notifications that the carrier has; its receiver takes only what is signed."""
        requests = self.hook.folder.received()
        return [msgspec.json.decode(request["body"], type=WebhookBody) for request in requests]

    async def is_notified(self, number: int) -> None:
        """Wait until the carrier has so many notifications, and the collector has recorded that."""
        await eventually(lambda: len(self.notifications()) >= number)

        async def nothing_waits() -> bool:
            text = (await self.get("/metrics")).text
            return "thongsuot_collector_notify_waiting 0.0" in text and self._is_all_recorded()

        await eventually(nothing_waits)

    def _is_all_recorded(self) -> bool:
        """Return whether the store has all notifications as sent: gauges are a moment ahead."""
        file = self.collector.folder / "state" / "store.sqlite"
        engine = create_engine(f"sqlite:///file:{file}?mode=ro&uri=true")
        try:
            return all(thread.is_complete for thread in load_open_threads(engine))
        finally:
            engine.dispose()


def _encoded(auth: tuple[str, str] | None) -> httpx.BasicAuth | None:
    return None if auth is None else httpx.BasicAuth(*auth)
