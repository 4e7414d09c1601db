"""What happens between the last reading of the tables and the opening of a socket."""

import socket

import pytest

from tests.agent.links.device import ANCHOR4, FIXED, MOBILE, on_device
from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family

pytestmark = [pytest.mark.lab, needs_lab]


def refusal(link: LiveLink, destination: str) -> Reason:
    with pytest.raises(LinkUnusable) as caught:
        link.open_udp(Family.IP4, destination, 9).close()
    return caught.value.reason


def test_sockets_are_bound_to_the_interface_and_its_address(lab: Lab) -> None:
    async def look(monitor: LinkMonitor) -> None:
        link = monitor.links["mobile"]
        with (
            link.open_udp(Family.IP4, ANCHOR4, 9) as udp,
            link.open_tcp(Family.IP4, ANCHOR4) as tcp,
        ):
            for opened in (udp, tcp):
                bound = opened.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16)
                assert bound.rstrip(b"\0") == b"wwan0"
                assert opened.getsockname()[0] == "192.168.8.10"
                assert not opened.getblocking()
            assert udp.getpeername() == (ANCHOR4, 9)

    on_device(lab, look, (FIXED, MOBILE))


def test_an_address_that_just_went_is_not_an_address(lab: Lab) -> None:
    device = lab.node("device")

    async def look(monitor: LinkMonitor) -> None:
        link = monitor.links["mobile"]
        link.egress(Family.IP4, ANCHOR4)
        device.ip("addr del 192.168.8.10/24 dev wwan0")
        assert refusal(link, ANCHOR4) is Reason.NO_ADDRESS

    on_device(lab, look, (MOBILE,))


def test_an_interface_that_just_went_is_absent(lab: Lab) -> None:
    device = lab.node("device")
    device.ip(
        "link add m0 type veth peer name m1",
        "link set m0 up",
        "link set m1 up",
        "addr add 10.7.0.1/24 dev m0",
    )

    async def look(monitor: LinkMonitor) -> None:
        link = monitor.links["modem"]
        link.egress(Family.IP4, "10.7.0.2")
        device.ip("link del m0")
        assert refusal(link, "10.7.0.2") is Reason.INTERFACE_ABSENT

    on_device(lab, look, (Spec(name="modem", interface="m0"),))


def test_the_ways_out_that_are_remembered_are_bounded(lab: Lab) -> None:
    async def look(monitor: LinkMonitor) -> None:
        link = monitor.links["fixed"]
        for number in range(1000):
            link.egress(Family.IP4, f"198.18.{number // 250}.{number % 250}")
        assert len(link._egresses) <= 256

    on_device(lab, look, (FIXED,))
