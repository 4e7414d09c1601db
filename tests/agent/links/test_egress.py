import asyncio
import time

import pytest

from tests.agent.links.device import ANCHOR4, ANCHOR6, FIXED, MOBILE, both, on_device
from thongsuot_agent.links.monitor import LinkMonitor
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_schema.inventory.model import Link as Spec
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family

pytestmark = [pytest.mark.lab, needs_lab]


def refusal(monitor: LinkMonitor, link: str, family: Family, destination: str) -> Reason:
    """Return why a link cannot send to a destination."""
    with pytest.raises(LinkUnusable) as caught:
        monitor.links[link].egress(family, destination)
    return caught.value.reason


def test_each_link_leaves_by_its_own_interface_from_its_own_address(lab: Lab) -> None:
    async def look(monitor: LinkMonitor) -> None:
        fixed, mobile = both(monitor)
        assert fixed.egress(Family.IP4, ANCHOR4).source == "192.168.1.10"
        assert mobile.egress(Family.IP4, ANCHOR4).source == "192.168.8.10"
        assert fixed.egress(Family.IP6, ANCHOR6).source == "2001:db8:a1::10"
        assert mobile.egress(Family.IP6, ANCHOR6).source == "2001:db8:b1::10"

    on_device(lab, look)


def test_a_link_whose_route_is_missing_cannot_send_though_the_other_could(lab: Lab) -> None:
    lab.node("device").ip("route del default dev wwan0", "route del ::/0 dev wwan0")

    async def look(monitor: LinkMonitor) -> None:
        assert refusal(monitor, "mobile", Family.IP4, ANCHOR4) is Reason.NO_ROUTE
        assert refusal(monitor, "mobile", Family.IP6, ANCHOR6) is Reason.NO_ROUTE
        # What is on the link needs no default route.
        assert monitor.links["mobile"].egress(Family.IP4, "192.168.8.1").interface == "wwan0"
        assert monitor.links["fixed"].egress(Family.IP4, ANCHOR4).interface == "fix0"

    on_device(lab, look, (FIXED, MOBILE))


def test_a_route_of_a_table_chosen_by_source_is_found(lab: Lab) -> None:
    lab.node("device").ip(
        "route del default dev wwan0",
        "route add default via 192.168.8.1 dev wwan0 table 77",
        "rule add from 192.168.8.10 lookup 77",
    )

    async def look(monitor: LinkMonitor) -> None:
        _, mobile = both(monitor)
        assert mobile.state.gateway4 == "192.168.8.1"
        assert mobile.egress(Family.IP4, ANCHOR4).source == "192.168.8.10"

    on_device(lab, look)


def test_with_two_default_routes_the_worse_one_serves_its_own_link(lab: Lab) -> None:
    """IPv6 answers a query with source and interface by the other link's better route."""

    async def look(monitor: LinkMonitor) -> None:
        for link in both(monitor):
            for family, destination in ((Family.IP4, ANCHOR4), (Family.IP6, ANCHOR6)):
                egress = link.egress(family, destination)
                assert egress.index == link.state.index
                with link.open_udp(family, destination, 9) as opened:
                    assert opened.getsockname()[0] == egress.source

    on_device(lab, look)


def test_a_route_in_a_table_that_no_rule_leads_to_is_not_a_way_out(lab: Lab) -> None:
    lab.node("device").ip(
        "route del default dev wwan0", "route add default via 192.168.8.1 dev wwan0 table 77"
    )

    async def look(monitor: LinkMonitor) -> None:
        assert refusal(monitor, "mobile", Family.IP4, ANCHOR4) is Reason.NO_ROUTE

    on_device(lab, look, (FIXED, MOBILE))


def test_the_preferred_source_of_a_route_is_used(lab: Lab) -> None:
    lab.node("device").ip(
        "addr add 203.0.113.130/32 dev wwan0",
        "route change default via 192.168.8.1 dev wwan0 metric 200 src 192.168.8.10",
    )

    async def look(monitor: LinkMonitor) -> None:
        _, mobile = both(monitor)
        assert set(mobile.state.addresses4) == {"192.168.8.10", "203.0.113.130"}
        assert mobile.egress(Family.IP4, ANCHOR4).source == "192.168.8.10"

    on_device(lab, look)


def test_a_link_local_gateway_is_reached_from_the_link_local_address(lab: Lab) -> None:
    async def look(monitor: LinkMonitor) -> None:
        fixed, _ = both(monitor)
        egress = fixed.egress(Family.IP6, "fe80::1")
        assert egress.source == fixed.state.link_local6
        assert egress.socket_address(9) == ("fe80::1", 9, 0, fixed.state.index)

    on_device(lab, look)


def test_the_reason_why_a_link_cannot_be_used_is_given_deepest_first(lab: Lab) -> None:
    device = lab.node("device")
    device.ip(
        "addr flush dev wwan0",
        "link set wwan0 down",
        "link set wwan0 up",
        "link add idle0 type veth peer name idle1",
        "addr add 10.1.1.1/24 dev idle0",
    )
    ghost, idle = Spec(name="ghost", interface="eth7"), Spec(name="idle", interface="idle0")

    async def look(monitor: LinkMonitor) -> None:
        assert refusal(monitor, "ghost", Family.IP4, ANCHOR4) is Reason.INTERFACE_ABSENT
        assert refusal(monitor, "idle", Family.IP4, "10.1.1.2") is Reason.INTERFACE_DOWN
        # The kernel says up to a second after "up" that the interface has its carrier.
        until_s = time.monotonic() + 60.0
        while refusal(monitor, "mobile", Family.IP4, ANCHOR4) is Reason.INTERFACE_DOWN:
            assert time.monotonic() < until_s
            await asyncio.sleep(0.05)
        assert refusal(monitor, "mobile", Family.IP4, ANCHOR4) is Reason.NO_ADDRESS

    on_device(lab, look, (MOBILE, ghost, idle))


def test_a_way_out_is_asked_for_again_when_something_changes(lab: Lab) -> None:
    device = lab.node("device")

    async def look(monitor: LinkMonitor) -> None:
        mobile = monitor.links["mobile"]
        assert mobile.egress(Family.IP4, ANCHOR4) is mobile.egress(Family.IP4, ANCHOR4)
        device.ip("route del default dev wwan0")
        monitor.refresh()
        assert refusal(monitor, "mobile", Family.IP4, ANCHOR4) is Reason.NO_ROUTE

    on_device(lab, look, (FIXED, MOBILE))
