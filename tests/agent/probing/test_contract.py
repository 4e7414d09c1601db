"""What probes are given: whose URLs may lead into the site's networks, and a run by hand."""

from thongsuot_agent.links.link import LiveLink
from thongsuot_agent.probing.contract import ProbeServices, stateless
from thongsuot_schema.inventory.model import Target
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
