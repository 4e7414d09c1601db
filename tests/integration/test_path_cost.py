"""What runs of ``path`` say that they cost, against the interface's own counters."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from tests.agent.links.device import ANCHOR4, ANCHOR6, FIXED, anchor, on_device
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.path.probe import METHODS, Settings, run
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab, two_uplinks
from thongsuot_lab.topology.model import Impairment
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Family

pytestmark = [pytest.mark.lab, needs_lab]

ETHERNET_HEADER_BYTES = 14
RUNS = 6
PORT = 8443
TIMEOUT_S = 5.0
"""Nothing is lost here: answers are waited for, however slow the machine is."""


@pytest.fixture
def lab() -> Iterator[Lab]:
    with two_uplinks() as running:
        yield running


@pytest.mark.parametrize("family", [Family.IP4, Family.IP6])
@pytest.mark.parametrize("method", METHODS)
def test_what_a_walk_says_that_it_costs_is_what_the_interface_counted(
    lab: Lab, method: str, family: Family
) -> None:
    check(lab, Settings(method=method, timeout_s=TIMEOUT_S), family)


@pytest.mark.parametrize("family", [Family.IP4, Family.IP6])
def test_so_it_is_far_away_where_somebody_listens(lab: Lab, family: Family) -> None:
    """Probes go on beyond the target before it answers, and the kernel ends what they opened."""
    lab.impair("ont--internet", Impairment(delay_s=0.15))
    kind = socket.AF_INET if family is Family.IP4 else socket.AF_INET6
    with lab.node("anchor").socket(kind, socket.SOCK_STREAM) as listener:
        listener.bind((ANCHOR4 if family is Family.IP4 else ANCHOR6, PORT))
        listener.listen()
        check(lab, Settings(method="tcp", port=PORT, timeout_s=TIMEOUT_S), family)


def check(lab: Lab, settings: Settings, family: Family) -> None:
    """Hold what walks say against what the interface carried."""
    target = anchor(ANCHOR4 if family is Family.IP4 else ANCHOR6)

    def counted(monitor: LinkMonitor) -> int:
        """Return what the interface carried so far, both ways, from the IP header on."""
        link = monitor.links["fixed"]
        counters = link.kernel.link(link.state.index).counters
        assert counters is not None
        packets = counters.received_packets + counters.sent_packets
        return counters.received_bytes + counters.sent_bytes - packets * ETHERNET_HEADER_BYTES

    async def walks(monitor: LinkMonitor) -> tuple[int, int]:
        link = monitor.links["fixed"]
        await run(link, target, family, settings)  # neighbours are found: no carrier's business
        before, said = counted(monitor), 0
        for _ in range(RUNS):
            finding = await run(link, target, family, settings)
            assert finding.outcome is Outcome.OK, finding
            said += finding.cost_bytes
        await asyncio.sleep(0)
        return said, counted(monitor) - before

    said, carried = on_device(lab, walks, (FIXED,))
    assert carried > 1_000
    assert said == pytest.approx(carried, rel=0.05)
