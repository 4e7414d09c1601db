"""
An agent on the network of an office: the site's own routers stand between it and the line.

What is declared as the site's is the site's, whatever number it has.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.agent.app.lab_agent import (
    EACH_WAY,
    ECHOES,
    FIRST_V4,
    GATEWAY,
    HOST,
    SECOND_V4,
    RunningAgent,
    agent_on,
    anchor,
    collecting,
    link,
    results,
    until,
)
from tests.agent.uplink.receiver import PushReceiver
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab, office
from thongsuot_lab.topology.model import Impairment
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

pytestmark = [pytest.mark.lab, needs_lab]

NOTHING_PASSES = Impairment(loss_ratio=1.0)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with office() as running:
        yield running


@pytest.fixture
async def device(lab: Lab, folder: Path) -> AsyncIterator[RunningAgent]:
    async with agent_on(
        lab,
        folder,
        link("fixed", "eth0", "fiber", site_networks=["10.1.0.0/16", "10.2.0.0/16"]),
        GATEWAY,
        anchor("edge", "lan", "edge"),
        *(FIRST_V4, SECOND_V4, EACH_WAY, ECHOES, HOST),
    ) as agent:
        yield agent


def has_watched_edge(receiver: PushReceiver) -> bool:
    return any(
        result.series.target == "edge" and result.finding.outcome is Outcome.OK
        for result in results(receiver, "icmp")
    )


@pytest.mark.parametrize(
    ("wires", "segment", "symptom"),
    [
        (("core--firewall", "firewall--internet"), Segment.LAN, Symptom.EDGE_SILENT),
        (("firewall--internet",), Segment.ACCESS, Symptom.ACCESS_SILENT),
    ],
    ids=["the firewall without power", "the line cut"],
)
async def test_the_site_answers_for_its_own_routers_and_the_carrier_for_the_line(
    lab: Lab, device: RunningAgent, wires: tuple[str, ...], segment: Segment, symptom: Symptom
) -> None:
    async with collecting(lab) as receiver:
        device.start()
        await until(lambda: device.states() == {"fixed": (State.UP, None)}, device)
        await until(lambda: has_watched_edge(receiver), device)
    for wire in wires:
        lab.impair(wire, NOTHING_PASSES, NOTHING_PASSES)
    await until(lambda: device.states() == {"fixed": (State.DOWN, segment)}, device)
    assert device.link_verdict().symptom is symptom
    lab.clear()
    await until(lambda: device.states() == {"fixed": (State.UP, None)}, device)
