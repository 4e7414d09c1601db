"""Questions of rules about the network, also after an edit of the inventory."""

import msgspec

from tests.collector.incidents.city import CityFixture, healthy_city, inventory
from tests.collector.timeline.boot_script import CUT, LOSSY, OUT, wall_ns
from thongsuot_collector.incidents.actions import set_windows
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.incidents.outage import common_state
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.state import State


def test_after_an_edit_of_the_inventory_outages_are_put_together_by_the_new_carriers() -> None:
    city = CityFixture(inventory(12, ("vnpt", "viettel", "mobifone")))
    city.start()
    city.run(30)
    edited = inventory(12, ("fpt",))
    city.directory.replace(InventoryDirectory(edited))
    city.registry.network_state.reload_inventory()
    for site in ("s0", "s1", "s2", "s3"):
        city.report(site, "fiber", OUT)
    city.run(60)
    outage = city.only("carrier_outage")
    assert (str(outage.party), outage.total) == ("carrier:fpt", 12)
    assert city.registry.network_state.links_of_carrier("vnpt") == frozenset()


def test_a_link_or_a_service_is_known_where_the_inventory_has_it() -> None:
    state = CityFixture(inventory(1, ("vnpt",))).registry.network_state
    known = [Subject("s0"), Subject("s0", "fiber"), Subject("s0", "", "dichvucong")]
    unknown = [Subject("s0", "x"), Subject("s0", "", "x"), Subject("s0", "x", "dichvucong")]
    assert [state.is_known(subject) for subject in known] == [True] * 3
    assert [state.is_known(subject) for subject in unknown] == [False] * 3


def test_links_connected_by_a_third_one_that_shares_with_both_count_as_one_way() -> None:
    known_inventory = inventory(1, ("vnpt",), radio=lambda _: "viettel")
    (site,) = known_inventory.sites
    fiber, radio = site.links
    links = (
        msgspec.structs.replace(fiber, shares=("duct",)),
        msgspec.structs.replace(radio, shares=("box",)),
        msgspec.structs.replace(fiber, name="fiber2", carrier="fpt", shares=("duct", "box")),
    )
    for chosen, ways in ((links[:2], 2), (links, 1)):
        edited = msgspec.structs.replace(
            known_inventory, sites=(msgspec.structs.replace(site, links=chosen),)
        )
        city = CityFixture(edited)
        city.start()
        assert city.registry.network_state.independent_ways_of("s0") == ways


def test_planned_work_excuses_only_faults_of_its_links_that_begin_in_its_window() -> None:
    city = healthy_city()
    window = MaintenanceWindow(id="w", start_ns=wall_ns(60), end_ns=wall_ns(400), carrier="vnpt")
    set_windows(city.registry, [window])
    city.report("s3", "fiber", OUT)
    city.run(100)
    for site in ("s0", "s1"):
        city.report(site, "fiber", OUT)
    city.run(200)
    faults = {fault.subject.site: fault for fault in city.registry.faults.values()}
    is_excused = city.registry.network_state.is_excused
    assert {site: is_excused(faults[site]) for site in ("s0", "s1", "s3")} == {
        "s0": True,
        "s1": False,  # another carrier's
        "s3": False,  # of the same, and older than the work
    }
    city.run(500)
    assert not is_excused(city.registry.faults[faults["s0"].id]), "it outlasts the work"


def test_the_end_of_the_last_planned_work_is_that_of_finished_windows_for_the_link() -> None:
    city = healthy_city()
    windows = [
        MaintenanceWindow(
            id=f"{carrier}-{end_s}", start_ns=wall_ns(0), end_ns=wall_ns(end_s), carrier=carrier
        )
        for carrier, end_s in (("vnpt", 50), ("vnpt", 80), ("viettel", 90), ("vnpt", 400))
    ]
    set_windows(city.registry, windows)
    city.run(100)
    state = city.registry.network_state
    fiber = Subject("s0", "fiber")
    assert state.planned_until_ns(fiber, since_ns=wall_ns(10)) == wall_ns(80)
    assert state.planned_until_ns(fiber, since_ns=wall_ns(80)) == 0, "long enough ago"


def test_a_group_is_down_if_half_of_it_is_and_shows_the_symptom_of_those() -> None:
    city = healthy_city()
    for site, verdict in (("s0", CUT), ("s1", CUT), ("s2", LOSSY), ("s3", LOSSY), ("s4", LOSSY)):
        city.report(site, "fiber", verdict)
    faults = sorted(city.registry.faults.values(), key=lambda fault: fault.subject.site)
    half, fewer = common_state(faults[:4]), common_state(faults)
    assert (half[0], half[1]) == (State.DOWN, CUT[2])
    assert (fewer[0], fewer[1]) == (State.DEGRADED, LOSSY[2])
