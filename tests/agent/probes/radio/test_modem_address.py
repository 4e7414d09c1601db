"""
Which box a source reads: the one that is named, else the link's next hop, IPv4 before IPv6; and
programs of the system that answer in JSON.
"""

import pytest

from tests.agent.links.device import MOBILE, on_device
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probes.radio.modem_address import find_modem_address, run_json_program
from thongsuot_agent.probes.radio.reading import ModemUnreadable
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family


def found(lab: Lab, address: str) -> tuple[Family, str]:
    async def find(monitor: LinkMonitor) -> tuple[Family, str]:
        return find_modem_address(monitor.links["mobile"], address)

    return on_device(lab, find, (MOBILE,))


@pytest.mark.lab
@needs_lab
def test_an_address_is_taken_as_it_is_and_a_name_is_none(lab: Lab) -> None:
    assert found(lab, "192.168.8.9") == (Family.IP4, "192.168.8.9")
    assert found(lab, "fd00::9") == (Family.IP6, "fd00::9")
    with pytest.raises(ModemUnreadable) as caught:
        found(lab, "modem.lan")
    assert caught.value.reason is Reason.NOT_SUPPORTED


@pytest.mark.lab
@needs_lab
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


async def test_a_program_answers_in_json_or_with_nothing() -> None:
    assert await run_json_program(["echo", '{"bars": [3]}'], 60.0) == {"bars": [3]}
    assert await run_json_program(["true"], 60.0) is None


async def test_a_program_that_fails_is_reported_with_its_last_line() -> None:
    with pytest.raises(ModemUnreadable, match=r": sh: no modem$") as caught:
        await run_json_program(["sh", "-c", "echo asking >&2; echo no modem >&2; exit 3"], 60.0)
    assert caught.value.reason is Reason.NOT_SUPPORTED


async def test_a_program_that_is_not_there_is_named() -> None:
    with pytest.raises(ModemUnreadable, match="no-such-program is not installed"):
        await run_json_program(["no-such-program"], 60.0)


async def test_a_program_that_takes_too_long_is_ended() -> None:
    with pytest.raises(TimeoutError):
        await run_json_program(["sleep", "600"], 0.01)
