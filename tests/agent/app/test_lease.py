"""An agent whose link gets an address of another carrier: its lease shows whose line it is."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.agent.app.lab_agent import (
    ECHOES,
    FIRST_V4,
    GATEWAY,
    HOST,
    SECOND_V4,
    RunningAgent,
    agent_on,
    carrier,
    collecting,
    link,
    results,
    until,
)
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab, two_uplinks
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

pytestmark = [pytest.mark.lab, needs_lab]

OWN, ANOTHERS = "198.51.100.5/32", "192.0.2.5/32"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with two_uplinks() as running:
        yield running


@pytest.fixture
async def device(lab: Lab, folder: Path) -> AsyncIterator[RunningAgent]:
    async with agent_on(
        lab,
        folder,
        carrier("isp1", "198.51.100.0/27"),
        carrier("isp2", "192.0.2.0/27"),
        link("fixed", "fix0", "fiber", carrier="isp1"),
        *(GATEWAY, FIRST_V4, SECOND_V4, ECHOES, HOST),
    ) as agent:
        yield agent
        for address in (OWN, ANOTHERS):
            lab.node("device").run(["ip", "addr", "flush", "to", address, "dev", "fix0"])


async def test_a_lease_of_another_carrier_accuses_nobody_and_names_whose_line_it_is(
    lab: Lab, device: RunningAgent
) -> None:
    async with collecting(lab) as receiver:
        lab.node("device").ip(f"addr add {OWN} dev fix0")
        device.start()
        await until(lambda: device.states() == {"fixed": (State.UP, None)}, device)
        lab.node("device").ip(f"addr del {OWN} dev fix0", f"addr add {ANOTHERS} dev fix0")
        await until(lambda: device.states() == {"fixed": (State.UNKNOWN, None)}, device)
        assert device.link_verdict("fixed").symptom is Symptom.EGRESS_OTHER_CARRIER
        # What answers now is none of the contract's carrier, and it is not told of it.
        lab.node("device").ip(f"addr del {ANOTHERS} dev fix0", f"addr add {OWN} dev fix0")
        await until(lambda: device.states() == {"fixed": (State.UP, None)}, device)

        def owners() -> set[str]:
            evidence = [result.finding.evidence for result in results(receiver, "host")]
            return {owner for texts in evidence if (owner := texts.get("other_carrier", ""))}

        await until(lambda: owners() == {"isp2"}, device)
