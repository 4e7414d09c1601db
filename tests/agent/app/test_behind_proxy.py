"""
An agent on an office network whose firewall lets out what the proxy asks for, and nothing else.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.agent.app.lab_agent import (
    ECHOES,
    FIRST_V4,
    GATEWAY,
    HOST,
    RunningAgent,
    agent_on,
    collecting,
    link,
    probe,
    results,
    service,
    until,
)
from tests.agent.probes.web_server import ScriptedWebServer, page
from tests.agent.uplink.receiver import PushReceiver
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import behind_proxy, needs_lab
from thongsuot_lab.topology.small import INTERNET_V4, PROXY_V4
from thongsuot_schema.reason import Reason
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

pytestmark = [pytest.mark.lab, needs_lab]

PORTAL = INTERNET_V4[1]
WEB = probe("http", 3, {"timeout_s": 2.8, "resolve_timeout_s": 1.0})
UP = {"office": (State.UP, None)}


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with behind_proxy() as running:
        yield running


@pytest.fixture
async def device(lab: Lab, folder: Path) -> AsyncIterator[RunningAgent]:
    async with (
        agent_on(
            lab,
            folder,
            link("office", "eth0", "fiber", proxy=f"http://{PROXY_V4}:3128"),
            *(GATEWAY, FIRST_V4, service("portal", f"http://{PORTAL}/", "Cổng"), HOST, ECHOES, WEB),
        ) as agent,
        ScriptedWebServer(lab.node("anchor"), PORTAL, 80, page()),
    ):
        yield agent


def reasons(receiver: PushReceiver, kind: str, target: str) -> set[Reason | None]:
    """Return how runs have ended, without those in which the agent says that it was late itself."""
    return {
        result.finding.reason
        for result in results(receiver, kind)
        if result.series.target == target
    } - {Reason.AGENT_STARVED, Reason.OVERRUN}


async def test_pushes_and_portals_go_by_the_proxy_and_nothing_else_is_sent_beyond(
    lab: Lab, device: RunningAgent
) -> None:
    async with collecting(lab) as receiver:
        device.start()
        await until(lambda: device.states() == UP, device)
        await until(lambda: bool(reasons(receiver, "icmp", "first")), device)
        await until(lambda: None in reasons(receiver, "http", "portal"), device)
    assert reasons(receiver, "icmp", "first") == {Reason.BEHIND_PROXY}
    assert reasons(receiver, "icmp", "gateway") == {None}


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        ("line", (State.DOWN, Segment.ACCESS, Symptom.ACCESS_SILENT)),
        ("hang", (State.DOWN, Segment.LAN, Symptom.PROXY_SILENT)),
        # Nine seconds of CPU each: of the two ways of a dead proxy the harder one for every change.
        pytest.param(
            *("refuse", (State.DOWN, Segment.LAN, Symptom.PROXY_SILENT)), marks=pytest.mark.nightly
        ),
    ],
    ids=["the line cut", "the proxy hangs", "the proxy is gone"],
)
async def test_a_dead_line_is_distinguished_from_a_dead_proxy(
    lab: Lab, device: RunningAgent, fault: str, expected: tuple[State, Segment, Symptom]
) -> None:
    device.start()
    await until(lambda: device.states() == UP, device)
    if fault == "line":
        lab.cut("firewall--internet")
    else:
        lab.behave("proxy", mode=fault)
    state, segment, symptom = expected
    await until(lambda: device.states() == {"office": (state, segment)}, device)
    assert device.link_verdict().symptom is symptom
    lab.clear()
    await until(lambda: device.states() == UP, device)
