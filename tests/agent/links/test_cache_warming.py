"""The datagram before an echo, on real loopback."""

from pathlib import Path

import pytest

from tests.agent.links.device import ANCHOR4, FIXED, PATIENT_S, on_device
from thongsuot_agent.links.cache_warming import SendPathWarmer
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.result import Family


def test_the_kernel_stamps_each_datagram_and_none_is_left() -> None:
    warmer = SendPathWarmer()
    try:
        assert all(warmer.warm() for _ in range(3))
    finally:
        warmer.close()


def test_a_closed_one_warms_nothing() -> None:
    warmer = SendPathWarmer()
    warmer.close()
    assert not warmer.warm()


@pytest.mark.lab
@needs_lab
def test_a_device_that_forbids_it_is_asked_once(lab: Lab) -> None:
    device = lab.node("device")

    def look() -> list[bool]:
        warmer = SendPathWarmer()
        device.nft(
            "add table inet own",
            "add chain inet own out { type filter hook output priority 0; }",
            'add rule inet own out oifname "lo" drop',
        )
        forbidden = warmer.warm()
        device.nft("delete table inet own")
        return [forbidden, warmer.warm()]

    assert device.call(look) == [False, False]


@pytest.mark.lab
@needs_lab
def test_each_echo_is_preceded_by_a_datagram(lab: Lab) -> None:
    async def look(monitor: LinkMonitor) -> None:
        link = monitor.links["fixed"]
        sent_before = datagrams_sent()
        egress = link.egress(Family.IP4, ANCHOR4)
        await link.echoes(Family.IP4).echo(egress, timeout_s=PATIENT_S)
        assert datagrams_sent() > sent_before

    on_device(lab, look, (FIXED,))


def datagrams_sent() -> int:
    """Return how many UDP datagrams were sent in this thread's network namespace."""
    lines = Path("/proc/thread-self/net/snmp").read_text("ascii").splitlines()
    names, figures = (line.split() for line in lines if line.startswith("Udp: "))
    return int(figures[names.index("OutDatagrams")])
