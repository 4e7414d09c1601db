"""Running the agent's code on the ``device`` of a lab, where its sockets and netlink live."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_lab.lab import Lab
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.segment import Segment

T = TypeVar("T")

FIXED = Spec(name="fixed", interface="fix0")
MOBILE = Spec(name="mobile", interface="wwan0")

HANGS_S = 180.0
"""What takes longer will never come."""
PATIENT_S = 60.0
"""
Time limit of a probe whose answer is expected: a busy machine may take that long. A shorter one is
only for what gets no answer.
"""

ANCHOR4, ANCHOR6 = "203.0.113.1", "2001:db8:f::1"


def anchor(*addresses: str, segment: Segment = Segment.TRANSIT, lookup: str = "") -> Target:
    """A target that stands for a segment; by default the far end of both uplinks."""
    return Target(
        name="anchor",
        role=Role.ANCHOR,
        segment=segment,
        addresses=addresses or (ANCHOR4, ANCHOR6),
        lookup=lookup,
    )


def on_device(
    lab: Lab, work: Callable[[LinkMonitor], Awaitable[T]], specs: tuple[Spec, ...] | None = None
) -> T:
    """Run a coroutine on the device with a monitor of its links, and return what it returns."""

    async def main() -> T:
        with LinkMonitor(specs) as monitor:
            return await work(monitor)

    return lab.node("device").call(lambda: asyncio.run(main()))


async def until(condition: Callable[[], bool]) -> None:
    """Wait for something that another task or the kernel brings about; the bound is generous."""
    async with asyncio.timeout(HANGS_S):
        while not condition():  # noqa: ASYNC110 - the kernel sets no asyncio.Event
            await asyncio.sleep(0.01)


def both(monitor: LinkMonitor) -> tuple[LiveLink, LiveLink]:
    """Return the fixed and the mobile link of the device."""
    by_interface = {link.spec.interface: link for link in monitor.links.values()}
    return by_interface["fix0"], by_interface["wwan0"]
