"""
An agent with one port on a network of two routers, each with a line of another carrier.

Which of the two a packet takes is told by its link alone: what breaks behind one of them is that
link's and its carrier's, and the news of it leaves by the other.
"""

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.agent.app.lab_agent import (
    ECHOES,
    FIRST,
    GATEWAY,
    HOST,
    SECOND,
    RunningAgent,
    agent_on,
    anchor,
    changes,
    collecting,
    link,
    until,
)
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab, shared_lan
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

pytestmark = [pytest.mark.lab, needs_lab]

WELL = {"fixed": (State.UP, None), "mobile": (State.UP, None)}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with shared_lan() as running:
        yield running


@pytest.fixture
async def device(lab: Lab, folder: Path) -> AsyncIterator[RunningAgent]:
    fixed, mobile = "2001:db8:a1::", "2001:db8:b1::"
    async with agent_on(
        lab,
        folder,
        _link("fixed", "fiber", "192.168.1.1", f"{fixed}1", source=f"{fixed}10"),
        _link("mobile", "5g", "192.168.1.2", f"{mobile}1", source=f"{mobile}10"),
        GATEWAY,
        anchor("hop-fixed", "access", "198.51.100.1", "2001:db8:a0::1", links=["fixed"]),
        anchor("hop-mobile", "access", "192.0.2.1", "2001:db8:b0::1", links=["mobile"]),
        *(FIRST, SECOND, ECHOES, HOST),
    ) as agent:
        yield agent
    manage(lab, folder, "remove")


def _link(name: str, medium: str, *gateways: str, source: str) -> str:
    return link(name, "eth0", medium, gateways=list(gateways), sources=[source])


def manage(lab: Lab, folder: Path, action: str) -> None:
    """Run ``thongsuot-agent routes`` as the unit does: as root."""
    program = str(Path(sys.executable).with_name("thongsuot-agent"))
    lab.node("device").run([program, "routes", action, "--config", str(folder / "agent.toml")])


@pytest.mark.parametrize(
    ("wire", "dead", "alive", "segment", "symptom"),
    [
        ("ont--isp1", "fixed", "mobile", Segment.ACCESS, Symptom.ACCESS_SILENT),
        ("cpe--isp2", "mobile", "fixed", Segment.ACCESS, Symptom.ACCESS_SILENT),
        ("switch--ont", "fixed", "mobile", Segment.LAN, Symptom.GATEWAY_SILENT),
    ],
    ids=["the first line", "the second line", "the cable to the first router"],
)
async def test_behind_one_router_a_fault_belongs_to_one_link_and_batches_leave_by_the_other(
    lab: Lab,
    device: RunningAgent,
    folder: Path,
    wire: str,
    dead: str,
    alive: str,
    segment: Segment,
    symptom: Symptom,
) -> None:
    await asyncio.to_thread(manage, lab, folder, "apply")
    async with collecting(lab) as receiver:
        device.start()
        await until(lambda: device.states() == WELL, device)
        lab.cut(wire)
        await until(lambda: device.states().get(dead) == (State.DOWN, segment), device)
        assert device.link_verdict(dead).symptom is symptom
        await until(
            lambda: any(c.verdict.state is State.DOWN for c in changes(receiver, dead)), device
        )
        lab.clear()
        await until(lambda: device.states() == WELL, device)
    states = {change.verdict.state for change in changes(receiver, alive)}
    assert states <= {State.UP, State.UNKNOWN}


async def test_removed_routing_rules_are_requested_again_and_no_carrier_is_accused(
    lab: Lab, device: RunningAgent, folder: Path
) -> None:
    """The unit's job, to watch the file and run the command, is done by the test here."""
    wanted = folder / "run" / "routes-wanted"
    device.start()
    # It is there a moment before what stands in it.
    await until(lambda: wanted.exists() and "mobile" in wanted.read_text(encoding="utf-8"), device)
    await asyncio.to_thread(manage, lab, folder, "apply")
    await until(lambda: device.states() == WELL, device)
    wanted.unlink()
    await asyncio.to_thread(manage, lab, folder, "remove")
    await until(wanted.exists, device)
    assert {state for state, _ in device.states().values()} <= {State.UP, State.UNKNOWN}
    await asyncio.to_thread(manage, lab, folder, "apply")
    await until(lambda: device.states() == WELL, device)
