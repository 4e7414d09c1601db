"""
Run by the tests as an ordinary user on the device: follows the links until a conflict is seen, or
until it is said that none can be, and prints that.
"""

import asyncio
import logging

from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.links.state import LinkState
from thongsuot_schema.inventory.model import Link as Spec


class LogPrinter(logging.Handler):
    """Passes on each line of the log."""

    def __init__(self, conflicts: "asyncio.Queue[str]") -> None:
        super().__init__()
        self._told = conflicts

    def emit(self, record: logging.LogRecord) -> None:
        self._told.put_nowait(record.getMessage())


async def main() -> str:
    conflicts: asyncio.Queue[str] = asyncio.Queue()
    log = logging.getLogger("thongsuot_agent")
    log.setLevel(logging.INFO)
    log.addHandler(LogPrinter(conflicts))

    def changed(name: str, before: LinkState, after: LinkState) -> None:
        del name, before
        if after.address_conflict:
            conflicts.put_nowait(after.conflict)

    with LinkMonitor((Spec(name="fixed", interface="fix0"),)) as monitor:
        task = asyncio.create_task(monitor.run(changed))
        line = await conflicts.get()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        return line


if __name__ == "__main__":
    print(asyncio.run(main()))  # noqa: T201 - that is its work
