"""Who reaches a service while others do not: carriers are the witnesses."""

from msgspec import structs

from tests.collector.incidents.city import PORTAL, CityFixture, healthy_city, inventory
from tests.collector.timeline.boot_script import CUT, REFUSES, UP, wall_ns
from thongsuot_collector.incidents.service_reach import service_reach
from thongsuot_collector.incidents.wording import describe
from thongsuot_collector.rules.loader import load

AWAITED_S = 75
"""So long the others are awaited, who ask for a service once a minute."""


def city_of_single_lines() -> CityFixture:
    """Return a city of twelve sites, each with a fibre of one of three carriers, in turn."""
    made = CityFixture(inventory(12, ("vnpt", "viettel", "mobifone"), radio=lambda _: None))
    made.start()
    made.run(30)
    return made


def test_a_service_that_two_carriers_of_three_do_not_reach_is_nobodys_fault() -> None:
    city = city_of_single_lines()
    for number in (0, 1, 3, 4):
        city.report(f"s{number}", f"/{PORTAL}", REFUSES)
    city.run(30 + AWAITED_S - 1)
    assert not city.notification_lines(), "the third carrier's sites are awaited"
    city.run(200)
    assert [line[1:] for line in city.notification_lines()] == [
        ("opened", "started", "service_down", "city")
    ]
    english = describe(city.only("service_down"), load("service_down"), city.directory, "en")
    assert "4 of 12 sites cannot use" in english.situation
    assert "over VIETTEL and VNPT" in english.situation
    assert "over MOBIFONE at the same time: 4." in english.situation
    assert "cannot be told apart" in english.situation


def test_the_operator_is_notified_at_once_if_the_last_carrier_fails_as_well() -> None:
    city = city_of_single_lines()
    for number in (0, 1, 3, 4):
        city.report(f"s{number}", f"/{PORTAL}", REFUSES)
    city.run(60)
    for number in (2, 5, 8, 11):
        city.report(f"s{number}", f"/{PORTAL}", REFUSES)
    city.run(64)
    ((at_s, *_, party),) = city.notification_lines()
    assert (at_s <= 64, party) == (True, f"portal:{PORTAL}")


def test_each_line_of_a_site_shows_for_its_carrier_whether_a_service_is_reachable() -> None:
    city = healthy_city()
    network = city.registry.network_state
    failing = {"s0", "s3"}
    for site in failing:
        city.report(site, f"fiber/{PORTAL}", REFUSES)
        city.report(site, f"5g/{PORTAL}", REFUSES)
        city.report(site, f"/{PORTAL}", REFUSES)
    assert service_reach(PORTAL, failing, network) is None, "whose lines reach it is not known"
    city.report("s1", f"5g/{PORTAL}", UP)
    reach = service_reach(PORTAL, failing, network)
    assert reach is not None
    assert (reach.failing, reach.reaching, reach.reaching_sites) == (
        ("viettel", "vnpt"),
        ("mobifone",),
        1,
    )


def test_a_line_that_is_out_has_not_failed_to_reach_a_service() -> None:
    city = healthy_city()
    city.report("s0", f"fiber/{PORTAL}", REFUSES)
    city.report("s0", f"5g/{PORTAL}", CUT)
    city.report("s1", f"fiber/{PORTAL}", UP)
    reach = service_reach(PORTAL, {"s0"}, city.registry.network_state)
    assert reach is not None
    assert (reach.failing, reach.reaching) == (("vnpt",), ("viettel",))


def test_an_hour_old_success_over_a_metered_line_does_not_count() -> None:
    known = inventory(3, ("vnpt", "viettel", "mobifone"), radio=lambda _: None)
    metered = [
        structs.replace(
            site, links=tuple(structs.replace(link, allowance_bytes=10**9) for link in site.links)
        )
        for site in known.sites
    ]
    city = CityFixture(structs.replace(known, sites=tuple(metered)))
    city.start()
    city.report("s0", f"/{PORTAL}", REFUSES)
    assert service_reach(PORTAL, {"s0"}, city.registry.network_state) is None


def test_a_line_without_a_known_carrier_proves_nothing() -> None:
    city = CityFixture(inventory(3, ("vnpt", "", "mobifone"), radio=lambda _: None))
    city.start()
    network = city.registry.network_state
    city.report("s1", f"/{PORTAL}", REFUSES)
    assert service_reach(PORTAL, {"s1"}, network) is None
    assert service_reach(PORTAL, {"s0"}, network) is not None
    assert network.now_ns >= wall_ns(0)
