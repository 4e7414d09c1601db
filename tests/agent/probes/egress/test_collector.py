"""The collector says from where it sees a request come, over real lines."""

import asyncio
from collections.abc import Iterator

import msgspec
import pytest

from tests.agent.app.lab_agent import COLLECTOR_PORT, collecting
from tests.agent.links.device import PATIENT_S, on_device
from tests.agent.probes.egress.test_probe import LAN, NETWORKS, OWN, second_line
from tests.agent.uplink.receiver import ReceivedPush, ScriptedReply
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.egress.probe import run
from thongsuot_agent.probes.egress.settings import Settings
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import dual_wan, needs_lab
from thongsuot_lab.topology.small import INTERNET_V4
from thongsuot_schema.batch.push import PATH_ADDRESS, ReflexiveAddress
from thongsuot_schema.inventory.model import Role, Target
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family, Finding
from thongsuot_schema.segment import Segment

pytestmark = [pytest.mark.lab, needs_lab]

COLLECTOR = Target(
    name="collector",
    role=Role.COLLECTOR,
    segment=Segment.TRANSIT,
    url=f"http://{INTERNET_V4[0]}:{COLLECTOR_PORT}",
)


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with dual_wan() as running:
        yield running


async def ask(lab: Lab) -> Finding:
    async def look(monitor: LinkMonitor) -> Finding:
        monitor.update_carrier_networks(NETWORKS)
        return await run(monitor.links["lan"], COLLECTOR, Family.IP4, Settings(timeout_s=PATIENT_S))

    return await asyncio.to_thread(on_device, lab, look, (LAN,))


def seen(heard: ReceivedPush) -> ScriptedReply:
    assert heard.path == PATH_ADDRESS
    return ScriptedReply(status=200, text=msgspec.json.encode(ReflexiveAddress(address=heard.peer)))


async def test_the_own_line_is_distinguished_from_the_other_without_a_reflector(lab: Lab) -> None:
    async with collecting(lab) as receiver:
        receiver.script = seen
        own = await ask(lab)
        assert (own.values[OWN], own.evidence) == (1.0, {})
        assert own.cost_bytes > 0
        with second_line(lab):
            other = await ask(lab)
        assert (other.values[OWN], other.evidence) == (0.0, {"other_carrier": "isp2"})


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (ScriptedReply(status=404, text=b"{}"), Reason.NOT_SUPPORTED),
        (ScriptedReply(status=200, text=b"<html>"), Reason.RESPONSE_INVALID),
    ],
    ids=["an earlier version", "something else on the way"],
)
async def test_an_answer_without_the_seen_address_measures_nothing(
    lab: Lab, reply: ScriptedReply, reason: Reason
) -> None:
    async with collecting(lab) as receiver:
        receiver.script = lambda _: reply
        assert (await ask(lab)).reason is reason


async def test_a_collector_that_is_not_there_is_a_failed_run(lab: Lab) -> None:
    assert (await ask(lab)).reason is Reason.CONNECTION_REFUSED
