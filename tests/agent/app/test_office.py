"""
An agent on the network of an office: the site's own routers stand between it and the line.

What is declared as the site's is the site's, whatever number it has.
"""

import signal
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.agent.app.test_agent import CONFIG, RunningAgent, collecting, folder, until
from tests.agent.uplink.receiver import PushReceiver
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab, office
from thongsuot_lab.topology.model import Impairment
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

pytestmark = [pytest.mark.lab, needs_lab]

__all__ = ["folder"]

NOTHING_PASSES = Impairment(loss_ratio=1.0)

_HEAD, _PROBES = CONFIG.partition("[[links]]")[0], CONFIG.partition("[[probes]]")[2]
OFFICE = (
    _HEAD
    + """
[[links]]
name = "fixed"
interface = "eth0"
medium = "fiber"
site_networks = ["10.1.0.0/16", "10.2.0.0/16"]
[[targets]]
name = "gateway"
role = "anchor"
segment = "lan"
addresses = ["gateway"]
[[targets]]
name = "edge"
role = "anchor"
segment = "lan"
addresses = ["edge"]
[[targets]]
name = "first"
role = "anchor"
segment = "carrier"
addresses = ["{v4[0]}"]
[[targets]]
name = "second"
role = "anchor"
segment = "transit"
addresses = ["{v4[1]}"]
[[probes]]
kind = "path"
every_s = 10
settings = {{ max_hops = 6, retries = 0, timeout_s = 0.3, packet_size = false }}
[[probes]]"""
    + _PROBES
)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with office() as running:
        yield running


@pytest.fixture
async def device(lab: Lab, folder: Path) -> AsyncIterator[RunningAgent]:
    agent = RunningAgent(lab, folder, OFFICE)
    yield agent
    lab.clear()
    if agent.process is not None and agent.process.poll() is None:
        await agent.end(signal.SIGKILL)


def has_watched_edge(receiver: PushReceiver) -> bool:
    return any(
        result.series.target == "edge" and result.finding.outcome is Outcome.OK
        for batch in receiver.batches
        for result in batch.results
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
    (verdict,) = [v for v in device.status().verdicts if not v.service]
    assert verdict.symptom is symptom
    lab.clear()
    await until(lambda: device.states() == {"fixed": (State.UP, None)}, device)
