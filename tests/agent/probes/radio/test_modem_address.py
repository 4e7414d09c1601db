"""Which box a source reads: the one that is named, else the link's next hop, IPv4 before IPv6."""

import pytest

from tests.agent.links.device import MOBILE, on_device
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probes.radio.modem_address import find_modem_address
from thongsuot_agent.probes.radio.reading import ModemUnreadable
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family

pytestmark = [pytest.mark.lab, needs_lab]


def found(lab: Lab, address: str) -> tuple[Family, str]:
    async def find(monitor: LinkMonitor) -> tuple[Family, str]:
        return find_modem_address(monitor.links["mobile"], address)

    return on_device(lab, find, (MOBILE,))


def test_an_address_is_taken_as_it_is_and_a_name_is_none(lab: Lab) -> None:
    assert found(lab, "192.168.8.9") == (Family.IP4, "192.168.8.9")
    assert found(lab, "fd00::9") == (Family.IP6, "fd00::9")
    with pytest.raises(ModemUnreadable) as caught:
        found(lab, "modem.lan")
    assert caught.value.reason is Reason.NOT_SUPPORTED


def test_the_gateway_is_the_next_hop_of_the_link_by_ipv4_where_it_has_one(lab: Lab) -> None:
    device = lab.node("device")
    family, address = found(lab, "gateway")
    assert family is Family.IP4
    assert address in device.run(["ip", "-4", "route", "show", "dev", "wwan0"]).stdout
    device.ip("route del default dev wwan0")
    family, address = found(lab, "gateway")
    assert family is Family.IP6
    assert address in device.run(["ip", "-6", "route", "show", "dev", "wwan0"]).stdout
    device.ip("route del ::/0 dev wwan0")
    with pytest.raises(LinkUnusable):
        found(lab, "gateway")
