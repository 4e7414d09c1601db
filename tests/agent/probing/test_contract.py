"""What probes are given: whose URLs may lead into the site's networks, and a run by hand."""

from contextlib import closing
from ipaddress import IPv6Network

import pytest

from thongsuot_agent.links.link import LiveLink, Nat64Prefix
from thongsuot_agent.links.rtnetlink_client import RtnetlinkClient
from thongsuot_agent.probing.contract import ProbeServices, stateless
from thongsuot_schema.inventory.model import Link, Target
from thongsuot_schema.result import Family, Finding

OWN = "http://portal.of-the-site.test/"
OF_A_COLLECTOR = "http://portal.of-the-city.test/"
BESIDE = "192.168.1.7"
OUTSIDE = "1.1.1.1"


def test_only_the_devices_own_settings_lead_into_the_networks_of_the_site() -> None:
    services = ProbeServices(is_own_url=lambda url: url == OWN)
    assert not services.is_forbidden(OWN, BESIDE)
    assert services.is_forbidden(OF_A_COLLECTOR, BESIDE)
    assert not services.is_forbidden(OF_A_COLLECTOR, OUTSIDE)


@pytest.mark.parametrize(
    ("prefix", "beside", "outside"),
    [
        # RFC 6052, section 2.4, with 192.168.1.7 and 1.1.1.1 in place of its 192.0.2.33.
        ("2001:db8::/32", "2001:db8:c0a8:107::", "2001:db8:101:101::"),
        ("2001:db8:100::/40", "2001:db8:1c0:a801:7::", "2001:db8:101:101:1::"),
        ("2001:db8:122::/48", "2001:db8:122:c0a8:1:700::", "2001:db8:122:101:1:100::"),
        ("2001:db8:122:300::/56", "2001:db8:122:3c0:a8:107::", "2001:db8:122:301:1:101::"),
        ("2001:db8:122:344::/64", "2001:db8:122:344:c0:a801:700:0", "2001:db8:122:344:1:101:100:0"),
        ("2001:db8:122:344::/96", "2001:db8:122:344::c0a8:107", "2001:db8:122:344::101:101"),
    ],
)
def test_an_address_that_a_lines_nat64_translates_is_what_it_is_translated_to(
    prefix: str, beside: str, outside: str
) -> None:
    with closing(RtnetlinkClient()) as kernel:
        link = LiveLink(Link(name="5g", interface="wwan0"), kernel)
        services = ProbeServices(is_own_url=lambda url: url == OWN, links=lambda: {"5g": link})
        assert not services.is_forbidden(OF_A_COLLECTOR, beside), "nobody translates it"
        link.nat64 = Nat64Prefix(network=IPv6Network(prefix))
        assert (link.nat64.carried(beside), link.nat64.carried(outside)) == (BESIDE, OUTSIDE)
        assert services.is_forbidden(OF_A_COLLECTOR, beside)
        assert not services.is_forbidden(OF_A_COLLECTOR, outside)
        assert not services.is_forbidden(OWN, beside)


def test_a_probe_that_a_person_runs_by_hand_may_fetch_anything_and_charges_nobody() -> None:
    by_hand = ProbeServices()
    assert not by_hand.is_forbidden(OF_A_COLLECTOR, BESIDE)
    assert by_hand.self_metrics("fixed") == {}
    assert by_hand.links() == {}
    by_hand.charge("fixed", 1_000)


def test_all_links_share_the_function_of_a_kind_without_state() -> None:
    async def run(link: LiveLink, target: Target, family: Family, settings: object) -> Finding:
        raise NotImplementedError

    begin = stateless(run)
    assert begin(ProbeServices()) == begin(ProbeServices()) == run
