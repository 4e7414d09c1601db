"""A link whose next hop is the carrier's own router, so that no box of the site can fail."""

import pytest

from tests.agent.judge.inventories import two_links
from thongsuot_agent.judge.direct_line import has_direct_line, probes_for
from thongsuot_agent.judge.events import LinkFacts
from thongsuot_agent.judge.keys import PointKey
from thongsuot_agent.judge.memory import LinkMemory
from thongsuot_schema.segment import Segment

AT_THE_SITE = ("192.168.1.1", "10.1.0.1", "172.20.0.1", "169.254.7.1")
OF_CARRIERS = ("203.0.113.1", "100.65.0.1")


def facts(*gateways: str) -> LinkFacts:
    return LinkFacts(present=True, carrier=True, has_address4=True, gateways=gateways)


@pytest.mark.parametrize("gateway", OF_CARRIERS)
def test_a_gateway_with_an_address_that_no_site_gives_is_the_carriers(gateway: str) -> None:
    assert has_direct_line(facts(gateway), ())
    assert has_direct_line(facts(gateway, "fe80::1"), ())


@pytest.mark.parametrize("gateway", AT_THE_SITE)
def test_a_gateway_with_a_private_address_is_a_box_of_the_site(gateway: str) -> None:
    assert not has_direct_line(facts(gateway), ())


def test_public_addresses_that_are_declared_to_be_the_sites_are_the_sites() -> None:
    assert not has_direct_line(facts("203.0.113.1"), ("203.0.113.0/29",))


@pytest.mark.parametrize("gateways", [(), ("fe80::1",), ("2001:db8::1",)])
def test_ipv6_alone_does_not_tell_whose_router_it_is(gateways: tuple[str, ...]) -> None:
    assert not has_direct_line(facts(*gateways), ())


@pytest.mark.parametrize(
    ("gateway", "rung"), [("192.168.1.1", Segment.LAN), ("100.65.0.1", Segment.ACCESS)]
)
def test_a_gateway_stands_in_the_lan_unless_it_is_the_carriers(gateway: str, rung: Segment) -> None:
    probes = probes_for(two_links(), LinkMemory(name="fixed", facts=facts(gateway)))
    point = probes.points[PointKey("icmp", "gateway")]
    assert point.rung is rung
    assert point.is_gateway is (rung is Segment.LAN)
