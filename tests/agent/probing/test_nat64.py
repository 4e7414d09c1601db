"""The prefix of a carrier's NAT64, by the name that has no IPv6 address."""

from dataclasses import replace
from ipaddress import IPv4Address, IPv6Address, IPv6Network

import pytest

from tests.agent.links.device import ANCHOR6, PATIENT_S, on_device
from tests.agent.probing.name_server import ScriptedNameServer, zone
from thongsuot_agent.links.link import Nat64Prefix
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.probing.nat64 import embedded_ip4, find_nat64, prefix_from
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.result import Family

RFC6052 = {
    "2001:db8:c000:221::": 32,
    "2001:db8:1c0:2:21::": 40,
    "2001:db8:122:c000:2:2100::": 48,
    "2001:db8:122:3c0:0:221::": 56,
    "2001:db8:122:344:c0:2:2100::": 64,
    "2001:db8:122:344::192.0.2.33": 96,
}
"""The examples of section 2.4: 192.0.2.33 behind a prefix of each length."""


@pytest.mark.parametrize(("address", "length"), RFC6052.items())
def test_an_address_is_found_behind_a_prefix_of_any_length(address: str, length: int) -> None:
    assert embedded_ip4(IPv6Address(address), length) == IPv4Address("192.0.2.33")


@pytest.mark.parametrize(
    ("answers", "prefix"),
    [
        (("2001:db8:64::c000:aa",), "2001:db8:64::/96"),
        (("64:ff9b::c000:ab",), "64:ff9b::/96"),
        (("2001:db8:122:344:c0:0:aa00:0",), "2001:db8:122:344::/64"),
        (("2001:db8::1",), None),
        ((), None),
    ],
)
def test_the_prefix_is_what_stands_before_the_well_known_addresses(
    answers: tuple[str, ...], prefix: str | None
) -> None:
    assert prefix_from(answers) == (prefix and IPv6Network(prefix))


@pytest.mark.lab
@needs_lab
def test_a_link_with_ipv6_alone_asks_its_own_name_server_once(lab: Lab) -> None:
    spec = Spec(name="fixed", interface="fix0", resolvers=(ANCHOR6,))

    async def run(monitor: LinkMonitor) -> tuple[Nat64Prefix, int, int, str]:
        link = monitor.links["fixed"]
        link.update_state(replace(link.state, addresses4=()))
        behave = zone("ipv4only.arpa. 300 AAAA 2001:db8:64::c000:aa")
        async with ScriptedNameServer(lab.node("anchor"), ANCHOR6, behave):
            nat64, first_bytes = await find_nat64(link, PATIENT_S)
            _, second_bytes = await find_nat64(link, PATIENT_S)
        with pytest.raises(LinkUnusable) as unusable:
            link.egress(Family.IP4, "203.0.113.1")
        return nat64, first_bytes, second_bytes, unusable.value.detail

    nat64, first_bytes, second_bytes, detail = on_device(lab, run, (spec,))
    assert "2001:db8:64::198.51.100.1" in nat64
    assert "2001:db8::1" not in nat64
    assert (first_bytes > 0, second_bytes) == (True, 0)
    assert detail.endswith("IPv4 goes by the carrier's NAT64 2001:db8:64::/96")


@pytest.mark.lab
@needs_lab
def test_a_link_with_ipv4_of_its_own_asks_nobody(lab: Lab) -> None:
    async def run(monitor: LinkMonitor) -> tuple[Nat64Prefix, int]:
        return await find_nat64(monitor.links["fixed"], PATIENT_S)

    spec = Spec(name="fixed", interface="fix0", resolvers=(ANCHOR6,))
    assert on_device(lab, run, (spec,)) == (Nat64Prefix(), 0)
