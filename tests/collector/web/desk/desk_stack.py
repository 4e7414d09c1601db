"""A collector with two carriers and two communes, its people, and links to its carriers' desks."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from tests.collector.app.stage import CONFIG, NotifyingStack
from tests.collector.command_line import run_command
from tests.collector.running import eventually
from thongsuot_collector.web.incident.evidence import EvidenceFile
from thongsuot_schema.state import State
from thongsuot_schema.words.dates import VIETNAM

INVENTORY = """
[[owners]]
name = "so"
title = "Sở Khoa học và Công nghệ"
[[carriers]]
name = "vnpt"
title = "VNPT"
[[carriers]]
name = "fpt"
title = "FPT Telecom"
[[sites]]
name = "hoan-kiem"
title = "Điểm phục vụ Hoàn Kiếm"
commune = "00070"
[[sites.links]]
name = "fiber"
interface = "eth0"
medium = "fiber"
carrier = "vnpt"
circuit = "HNI-1"
[[sites]]
name = "ba-vi"
title = "Điểm phục vụ Ba Vì"
commune = "09619"
[[sites.links]]
name = "fiber"
interface = "eth0"
medium = "fiber"
carrier = "fpt"
circuit = "FPT-9"
"""


def work_form() -> dict[str, str]:
    """Return what the form of planned work sends: tomorrow at 22:00 in Vietnam, for four hours."""
    begin = (datetime.now(VIETNAM) + timedelta(days=1)).replace(hour=22, minute=0)
    return {
        "scope": "link:hoan-kiem:fiber",
        "start": begin.strftime("%Y-%m-%dT%H:%M"),
        "end": (begin + timedelta(hours=4)).strftime("%Y-%m-%dT%H:%M"),
        "text": "Thay bộ chia quang",
        "name": "Trần Bình",
    }


@asynccontextmanager
async def desk_stack(folder: Path) -> AsyncIterator["DeskStack"]:
    """Run the collector; the city hears of what comes to it alone."""
    config = CONFIG.replace("[notify]\n", '[notify]\ncity = "so"\ncity_sees_all = false\n')
    stack = NotifyingStack(folder, inventory=INVENTORY, config=config)
    try:
        await stack.collector.start()
        yield DeskStack(stack)
    finally:
        await stack.close()


class DeskStack:
    """The stack, with its command line."""

    def __init__(self, stack: NotifyingStack) -> None:
        self.stack = stack
        self.ask = stack.ask

    async def cut(self) -> str:
        """Cut the fibre of Hoàn Kiếm; return the incident that VNPT was told of."""
        await self.stack.report(State.UP)
        await self.stack.report(State.DOWN)
        await self.stack.is_notified(1)
        incident = self.stack.notifications()[0].incident.incident

        async def is_in_the_history() -> bool:
            """Return whether it is recorded as delivered: a moment after the receiver has it."""
            answer = await self.stack.get(f"/incidents/{incident}.json")
            evidence = msgspec.json.decode(answer.content, type=EvidenceFile)
            return all(notification.delivered_at for notification in evidence.notifications)

        await eventually(is_in_the_history)
        return incident

    async def mend(self) -> None:
        """Let the fibre work again, and wait until its end is told."""
        count = len(self.stack.notifications())
        await self.stack.report(State.UP)
        await eventually(lambda: len(self.stack.notifications()) > count)

    async def run(self, *words: str) -> str:
        """Run the command line beside the running collector; return what it printed."""
        status, output = await run_command(*words, "--config", self.stack.collector.config)
        assert status == 0, output
        return output.strip()

    async def person(self, name: str, title: str, role: str, scope: str = "") -> tuple[str, str]:
        """Give somebody an account; return name and password."""
        words = ("person", "add", name, "--title", title, "--role", role)
        return name, await self.run(*words, *(("--scope", scope) if scope else ()))

    async def propose_work(self, query: str, **changes: str) -> list[str]:
        """Propose work at VNPT's desk for tomorrow night; return the proposals for the city."""
        form = work_form() | changes
        sent = await self.ask("POST", f"/desk/vnpt/work?{query}", form=form)
        assert sent.status_code == 303, sent.text
        log = await self.run("audit")
        return re.findall(r"work_proposed +(\S+)", log)

    async def desk_key(self, carrier: str, *options: str) -> str:
        """Make a link to a desk; return its query."""
        url = await self.run("desk-key", "create", carrier, "--title", "Trực ban", *options)
        assert url.startswith(f"https://thongsuot.example/desk/{carrier}?key=")
        return url.partition("?")[2]
