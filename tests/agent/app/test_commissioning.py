"""A commissioning run on a real device: forms over HTTP, cables pulled by a script, and a kill."""

import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.agent.app.commissioning_site import (
    FIXED_CIRCUIT,
    Installer,
    code_of_today,
    commissioning_site,
    events,
)
from tests.agent.app.lab_agent import RunningAgent, until
from tests.agent.uplink.receiver import PushReceiver
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab, two_uplinks
from thongsuot_schema.commissioning.events import EventCode
from thongsuot_schema.state import State

pytestmark = [pytest.mark.lab, needs_lab]

Site = tuple[RunningAgent, PushReceiver]


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with two_uplinks() as running:
        yield running


@pytest.fixture
async def site(lab: Lab, folder: Path) -> AsyncIterator[Site]:
    async with commissioning_site(lab, folder) as (device, receiver):
        device.start()
        await until(lambda: {state for state, _ in device.states().values()} == {State.UP}, device)
        yield device, receiver


async def test_a_line_is_proven_by_its_cable_over_a_kill_and_the_record_has_every_step(
    lab: Lab, site: Site
) -> None:
    device, receiver = site
    installer = Installer(device)
    assert installer.press("begin", code="000")["problem"] == ["wrong"]
    assert "key" in installer.press("begin", code=code_of_today())
    await installer.sees("Line 1 of 2")
    installer.press("pull")
    lab.cut("ont--internet")
    await installer.sees("Please plug the cable")
    lab.clear()
    await installer.sees("Read the label")
    installer.press("circuit")
    await installer.sees("Line 2 of 2")
    installer.press("pull")
    lab.cut("device--cpe")
    await installer.sees("A line has gone down", "Please plug the cable")
    await installer.sees("Please plug the cable")
    await device.end(signal.SIGKILL)
    device.start()
    await installer.sees("The device was restarted meanwhile")
    lab.clear()
    await installer.sees("Try this line again")
    notices = [(event.event, event.link) for _, event in events(receiver)]
    assert notices[:5] == [
        (EventCode.LINK, "fixed"),
        (EventCode.LINK, "mobile"),
        (EventCode.PULL_ASKED, "fixed"),
        (EventCode.PULLED, "fixed"),
        (EventCode.RETURNED, "fixed"),
    ]
    assert (EventCode.CIRCUIT_SAME, "fixed") in notices
    circuit = next(e for _, e in events(receiver) if e.event is EventCode.CIRCUIT_SAME)
    assert circuit.text == FIXED_CIRCUIT


async def test_a_cable_with_the_other_lines_label_is_reported_and_changes_nothing(
    lab: Lab, site: Site
) -> None:
    device, receiver = site
    installer = Installer(device)
    installer.press("begin", code=code_of_today())
    await installer.sees("I am ready")
    installer.press("pull")
    lab.cut("device--cpe")
    await installer.sees("or the labels are exchanged")
    lab.clear()
    installer.press("swap")
    await installer.sees("Test the counter")
    installer.press("counter")
    await installer.sees("open 1 of 1 services")
    installer.press("finish")
    await installer.sees("Ended, with work left to do")
    await until(lambda: any(e.event is EventCode.ENDED for _, e in events(receiver)), device)
    swapped = [(e.link, e.text) for _, e in events(receiver) if e.event is EventCode.SWAPPED]
    assert sorted(swapped) == [("fixed", "mobile"), ("mobile", "fixed")]
    stranger = Installer(device)
    stranger.press("pull")
    assert b'name="key"' not in device.get("/commissioning?lang=en&key=x")
