"""A commissioning run where two routers stand on the network of one port."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.agent.app.commissioning_site import Installer, code_of_today
from tests.agent.app.lab_agent import (
    ECHOES,
    FIRST,
    GATEWAY,
    SECOND,
    RunningAgent,
    agent_on,
    collecting,
    link,
    until,
)
from tests.agent.app.test_shared_lan import WELL, manage
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab, shared_lan

pytestmark = [pytest.mark.lab, needs_lab]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with shared_lan() as running:
        yield running


@pytest.fixture
async def device(lab: Lab, folder: Path) -> AsyncIterator[RunningAgent]:
    async with agent_on(
        lab,
        folder,
        link("fixed", "eth0", "fiber", gateways=["192.168.1.1"], circuit="HN-1"),
        link("mobile", "eth0", "5g", gateways=["192.168.1.2"], circuit="HN-2"),
        *(GATEWAY, FIRST, SECOND, ECHOES),
    ) as agent:
        await asyncio.to_thread(manage, lab, folder, "apply")
        yield agent
    manage(lab, folder, "remove")


async def test_each_line_is_proven_apart_and_the_cable_of_the_port_is_neither(
    lab: Lab, device: RunningAgent
) -> None:
    async with collecting(lab):
        device.start()
        await until(lambda: device.states() == WELL, device)
        installer = Installer(device)
        installer.press("begin", code=code_of_today())
        await installer.sees("I am ready")
        installer.press("pull")
        lab.cut("device--switch")
        await installer.sees("What was pulled carries more than one line")
        lab.clear()
        for wire in ("ont--isp1", "cpe--isp2"):
            await installer.sees('value="pull"')
            installer.press("pull")
            lab.cut(wire)
            await installer.sees("Please plug the cable")
            lab.clear()
            await installer.sees("Read the label")
            installer.press("circuit")
        await installer.sees("Test the counter")
