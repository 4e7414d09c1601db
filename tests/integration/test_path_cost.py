"""What runs of ``path`` say that they cost, against what the interface carried."""

import socket
from collections.abc import Iterator

import pytest

from tests.agent.links.device import ANCHOR4, ANCHOR6, FIXED, anchor, on_device
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.probes.path.probe import METHODS, Settings, run
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab, two_uplinks
from thongsuot_lab.topology.model import Impairment
from thongsuot_lab.wires.packet import ETH_P_ALL, QUEUE_BYTES, SO_RCVBUFFORCE
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Family

pytestmark = [pytest.mark.lab, needs_lab]

IP_PROTOCOLS = {0x0800, 0x86DD}
ICMP6, HOP_BY_HOP = 58, 0
NEIGHBOUR_DISCOVERY = range(133, 138)
PACKET_BYTES = 4096
RUNS = 3
PORT = 8443
TIMEOUT_S = 10.0
"""Nothing is lost here: answers are waited for, however slow the machine is."""


@pytest.fixture
def lab() -> Iterator[Lab]:
    with two_uplinks() as running:
        yield running


@pytest.mark.parametrize("family", [Family.IP4, Family.IP6])
@pytest.mark.parametrize("method", METHODS)
def test_the_stated_cost_of_a_walk_is_the_traffic_of_the_interface(
    lab: Lab, method: str, family: Family
) -> None:
    check(lab, Settings(method=method, timeout_s=TIMEOUT_S), family)


@pytest.mark.parametrize("family", [Family.IP4, Family.IP6])
def test_the_cost_of_tracing_a_distant_listening_target_equals_the_traffic_of_the_interface(
    lab: Lab, family: Family
) -> None:
    """Probes go beyond the target before it answers, and the kernel resets their connections."""
    lab.impair("ont--internet", Impairment(delay_s=0.15))
    kind = socket.AF_INET if family is Family.IP4 else socket.AF_INET6
    with lab.node("anchor").socket(kind, socket.SOCK_STREAM) as listener:
        listener.bind((ANCHOR4 if family is Family.IP4 else ANCHOR6, PORT))
        listener.listen()
        check(lab, Settings(method="tcp", port=PORT, timeout_s=TIMEOUT_S), family)


def check(lab: Lab, settings: Settings, family: Family) -> None:
    """Hold what walks say against what the interface carried."""
    target = anchor(ANCHOR4 if family is Family.IP4 else ANCHOR6)

    async def walks(monitor: LinkMonitor) -> tuple[int, int]:
        link = monitor.links["fixed"]
        await run(link, target, family, settings)  # what is only done once is done
        with carried_by(FIXED.interface) as frames:
            cost_bytes = 0
            for _ in range(RUNS):
                finding = await run(link, target, family, settings)
                assert finding.outcome is Outcome.OK, finding
                cost_bytes += finding.cost_bytes
            return cost_bytes, paid_bytes(frames)

    cost_bytes, carried_bytes = on_device(lab, walks, (FIXED,))
    assert carried_bytes > 1_000
    assert cost_bytes == pytest.approx(carried_bytes, rel=0.05)


def carried_by(interface: str) -> socket.socket:
    """Return a socket that holds every packet of an interface from now on, both ways."""
    frames = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, 0)
    frames.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, QUEUE_BYTES)
    frames.setblocking(False)
    frames.bind((interface, ETH_P_ALL))
    return frames


def paid_bytes(frames: socket.socket) -> int:
    """
    Return the IP packets' bytes so far, without what two neighbours say to each other.

    A router and a host look for each other every few seconds, in longer walks more often. No
    carrier charges for it, and the interface's counters cannot tell it from the rest.
    """
    total_bytes = 0
    while True:
        try:
            packet, (_, protocol, *_rest) = frames.recvfrom(PACKET_BYTES)
        except BlockingIOError:
            return total_bytes
        if protocol in IP_PROTOCOLS and not is_between_neighbours(packet):
            total_bytes += len(packet)


def is_between_neighbours(packet: bytes) -> bool:
    """Whether a packet is of neighbour discovery (RFC 4861) or of group membership (RFC 3810)."""
    if packet[0] >> 4 == 4:
        return False
    return packet[6] == HOP_BY_HOP or (packet[6] == ICMP6 and packet[40] in NEIGHBOUR_DISCOVERY)
