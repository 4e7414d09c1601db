"""A device to be commissioned, in the lab: its two lines, a portal at the far end, and its page."""

import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.agent.app.lab_agent import (
    ECHOES,
    FIRST_V4,
    GATEWAY,
    SECOND_V4,
    RunningAgent,
    agent_on,
    collecting,
    link,
    probe,
    service,
    until,
)
from tests.agent.links.device import ANCHOR4
from tests.agent.probes.http.visiting import HOST, ZONE
from tests.agent.probes.web_server import ScriptedWebServer, page
from tests.agent.probing.name_server import ScriptedNameServer
from tests.agent.uplink.receiver import TOKEN, PushReceiver
from thongsuot_lab.lab import Lab
from thongsuot_schema.batch.model import Notice
from thongsuot_schema.commissioning.events import CommissioningEvent, parse_event
from thongsuot_schema.commissioning.run import commissioning_code
from thongsuot_schema.words.dates import local

FIXED_CIRCUIT, MOBILE_CIRCUIT = "HN-FTTH-0001", "HN-5G-0002"

TABLES = (
    link("fixed", "fix0", "fiber", circuit=FIXED_CIRCUIT, resolvers=[ANCHOR4]),
    link("mobile", "wwan0", "5g", circuit=MOBILE_CIRCUIT, resolvers=[ANCHOR4]),
    *(GATEWAY, FIRST_V4, SECOND_V4),
    service("portal", f"http://{HOST}/", "Cổng dịch vụ"),
    ECHOES,
    probe(
        "counter",
        600,
        {
            "device_is_router": True,
            "timeout_s": 2.0,
            "resolve_timeout_s": 1.0,
            "resolvers": [ANCHOR4],
        },
    ),
)


def code_of_today() -> str:
    """Return the code that a collector shows for the device of the lab."""
    digest = hashlib.sha256(TOKEN.encode()).digest()
    return commissioning_code(digest, local(time.time()).date().isoformat())


@asynccontextmanager
async def commissioning_site(
    lab: Lab, folder: Path
) -> AsyncIterator[tuple[RunningAgent, PushReceiver]]:
    """The device is there and not started yet; a portal and a collector answer."""
    anchor = lab.node("anchor")
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(ScriptedNameServer(anchor, ANCHOR4, ZONE))
        await stack.enter_async_context(ScriptedWebServer(anchor, ANCHOR4, 80, page()))
        receiver = await stack.enter_async_context(collecting(lab))
        device = await stack.enter_async_context(agent_on(lab, folder, *TABLES))
        yield device, receiver


def events(receiver: PushReceiver) -> list[tuple[Notice, CommissioningEvent]]:
    """Return the steps of the walk that the collector has, in their order."""
    events = [
        (notice, event)
        for batch in receiver.batches
        for notice in batch.notices
        if (event := parse_event(notice)) is not None
    ]
    return sorted(events, key=lambda pair: pair[0].boottime_ns)


class Installer:
    """Somebody with the page of the device, and the code or not."""

    def __init__(self, device: RunningAgent) -> None:
        self._device = device
        self._key = ""

    def press(self, action: str, **fields: str) -> dict[str, list[str]]:
        """Send a form; returns the query of where it leads."""
        body = urlencode({"action": action, "key": self._key, **fields}).encode()
        head = (
            f"POST /commissioning?lang=en HTTP/1.1\r\nHost: device\r\nContent-Length: {len(body)}"
        )
        answer = self._device.exchange(head.encode() + b"\r\n\r\n" + body)
        location = next(
            line for line in answer.decode().split("\r\n") if line.startswith("Location: ")
        )
        query = parse_qs(urlsplit(location.removeprefix("Location: ")).query)
        self._key = query.get("key", [self._key])[0]
        return query

    async def sees(self, *texts: str) -> None:
        """Wait until the page says one of these; what it says for seconds may be missed."""
        path = f"/commissioning?lang=en&key={self._key}"

        def is_seen() -> bool:
            page = self._device.get(path).decode()
            return any(text in page for text in texts)

        await until(is_seen, self._device)
