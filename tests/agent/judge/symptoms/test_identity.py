"""The site must be itself before it accuses: whose router stands behind the line."""

import pytest

from tests.agent.judge.expect import blamed_parties, changes_of, states_of, verdict_summary
from tests.agent.judge.simulated_site import NS, START_S, InjectedFault, SimulatedSite
from thongsuot_agent.judge import paths
from thongsuot_agent.judge.memory import LinkMemory
from thongsuot_agent.judge.symptoms import identity
from thongsuot_agent.judge.symptoms.identity import ACCEPTED_S
from thongsuot_schema.catalogue.path import LAST_HOP
from thongsuot_schema.path import Hop, Path, path_evidence
from thongsuot_schema.result import Family, Result, Series, ok_finding
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

USUAL, NEAR, FOREIGN = "203.0.113.1", "203.0.7.9", "198.51.100.1"
USUAL6, FOREIGN6 = "2001:db8:1::1", "2001:db9::1"
CUT_S = 300.0
CUT = InjectedFault(start_s=CUT_S, end_s=CUT_S + 100.0, at=Segment.ACCESS, loss=1.0)
UNTOLD = (State.UNKNOWN, None, Symptom.FIRST_HOP_REPLACED)


def see(link: LinkMemory, first_hop: str, at_s: float, *targets: str) -> None:
    """Let the ways to some targets begin with a first hop of the carrier."""
    family = Family.IP6 if ":" in first_hop else Family.IP4
    hops = tuple(
        Hop(number=number, sent=3, answered=3, addresses=(address,))
        for number, address in enumerate(("192.168.1.1", first_hop, f"{first_hop}99"), 1)
    )
    evidence = path_evidence(Path(hops=hops, first=2))
    for place, target in enumerate(targets or ("zone", "exchange")):
        series = Series(kind="path", revision=1, link=link.name, target=target, family=family)
        finding = ok_finding({LAST_HOP: 3.0}, evidence=evidence)
        started_ns = round((START_S + at_s) * NS) + place
        paths.note_path(link, Result(series=series, boottime_ns=started_ns, finding=finding))


def site_with_first_hops(*seen: tuple[str, float]) -> SimulatedSite:
    """Return a site that has lived through a cut, and seen first hops at some moments before."""
    site = SimulatedSite(injected=(CUT,))
    for first_hop, at_s in sorted(seen, key=lambda sighting: sighting[1]):
        site.run(at_s)
        see(site.memory.links["fixed"], first_hop, at_s)
    site.run(CUT_S + 200.0)
    return site


def test_what_fails_behind_a_first_hop_of_another_network_is_held_against_no_circuit() -> None:
    """A cable in another carrier's box: the line that is dead is not the one of the inventory."""
    site = site_with_first_hops((USUAL, 20.0), (FOREIGN, 200.0))
    assert verdict_summary(changes_of(site, "fixed")[1]) == UNTOLD
    assert blamed_parties(site) == set()
    assert states_of(site, "fixed")[-1] is State.UP


@pytest.mark.parametrize(
    "seen",
    [
        [(USUAL, 20.0), (NEAR, 200.0)],
        [(USUAL, 20.0), (FOREIGN, 200.0), (USUAL, 250.0)],
        [(USUAL, 20.0), (USUAL6, 30.0), (FOREIGN, 200.0)],
        [(FOREIGN, 200.0)],
    ],
)
def test_the_known_router_one_beside_it_and_a_family_that_is_as_ever_prove_the_circuit(
    seen: list[tuple[str, float]],
) -> None:
    site = site_with_first_hops(*seen)
    assert blamed_parties(site) == {Party.CARRIER}


def test_both_families_that_begin_elsewhere_prove_no_circuit() -> None:
    site = site_with_first_hops((USUAL, 20.0), (USUAL6, 30.0), (FOREIGN, 200.0), (FOREIGN6, 210.0))
    assert blamed_parties(site) == set()


def test_one_way_that_went_astray_hides_no_name() -> None:
    site = SimulatedSite(injected=(CUT,))
    site.run(20.0)
    see(site.memory.links["fixed"], USUAL, 20.0)
    see(site.memory.links["fixed"], FOREIGN, 21.0, "zone")
    site.run(CUT_S + 50.0)
    assert blamed_parties(site) == {Party.CARRIER}


def test_a_circuit_that_has_been_there_for_an_hour_was_put_there() -> None:
    link = LinkMemory(name="fixed")
    for first_hop, at_s in ((USUAL, 0.0), (FOREIGN, 10.0), (FOREIGN, 11.0 + ACCEPTED_S)):
        see(link, first_hop, at_s)
    side = link.carriers_side[Family.IP4]
    assert (side.usual, side.strange, side.times) == ("198.51.0.0/16", "", 0)


SHARED, ANOTHER_SHARED = "100.64.0.1", "10.61.0.1"


def pass_by(link: LinkMemory, at_s: float, *routers: str, target: str = "zone") -> None:
    """Let the way to a target lead by some routers, the target itself behind them."""
    addresses = ("192.168.1.1", *routers, "192.0.2.9")
    hops = tuple(
        Hop(number=number, sent=3, answered=3, addresses=(address,))
        for number, address in enumerate(addresses, 1)
    )
    evidence = path_evidence(Path(hops=hops, first=2))
    series = Series(kind="path", revision=1, link=link.name, target=target, family=Family.IP4)
    finding = ok_finding({LAST_HOP: float(len(hops))}, evidence=evidence)
    paths.note_path(link, Result(series=series, boottime_ns=round(at_s * NS), finding=finding))


def test_a_carrier_is_known_by_its_first_router_in_address_space_of_its_own() -> None:
    """Every carrier has a 100.64.0.1: a cable in another carrier's box would not be seen by it."""
    link = LinkMemory(name="fixed")
    pass_by(link, 0.0, SHARED, USUAL)
    for second in (10.0, 20.0):
        pass_by(link, second, SHARED, FOREIGN)
    side = link.carriers_side[Family.IP4]
    assert (side.usual, side.strange, side.times) == ("203.0.0.0/16", "198.51.0.0/16", 2)


def test_a_session_that_ends_at_another_router_in_shared_space_is_of_the_same_carrier() -> None:
    link = LinkMemory(name="fixed")
    pass_by(link, 0.0, SHARED, USUAL)
    for second in (10.0, 20.0):
        pass_by(link, second, ANOTHER_SHARED, NEAR)
    assert not link.carriers_side[Family.IP4].strange


def test_a_way_on_which_only_shared_space_is_seen_tells_no_carrier() -> None:
    """The target has an address of its own, which is not the carrier's."""
    link = LinkMemory(name="fixed")
    pass_by(link, 0.0, SHARED)
    assert link.carriers_side == {}


def test_ways_that_lead_to_two_cores_behind_a_shared_router_are_one_carriers() -> None:
    link = LinkMemory(name="fixed")
    for second in range(0, 60, 10):
        pass_by(link, float(second), SHARED, USUAL)
        pass_by(link, second + 1.0, SHARED, FOREIGN, target="exchange")
        pass_by(link, second + 2.0, SHARED, FOREIGN, target="portal")
    side = link.carriers_side[Family.IP4]
    assert (side.usual, side.strange, side.times) == ("203.0.0.0/16", "", 0)


MOVED = (State.UNKNOWN, None, Symptom.DEVICE_MOVED)
OTHER_BOX, OWN_BOX = "02:00:00:00:00:99", "02:00:00:00:00:01"


def carried_device(back_s: float = 10_000.0) -> SimulatedSite:
    """Return a device that stands behind another box, in another network, from 150 s on."""
    site = SimulatedSite(
        injected=(CUT,),
        gateway_hardware=lambda link, at_s: (
            OTHER_BOX if link == "fixed" and 150.0 < at_s < back_s else OWN_BOX
        ),
    )
    site.run(20.0)
    see(site.memory.links["fixed"], USUAL, 20.0)
    site.run(200.0)
    see(site.memory.links["fixed"], FOREIGN, 200.0)
    site.run(280.0)
    return site


def test_a_device_that_was_moved_says_nothing_of_the_circuit_even_where_all_works() -> None:
    site = carried_device()
    assert verdict_summary(changes_of(site, "fixed")[-1]) == MOVED
    site.run(CUT_S + 200.0)
    assert verdict_summary(changes_of(site, "fixed")[-1]) == MOVED, (
        "the line that is cut is another"
    )
    assert blamed_parties(site) == set()
    assert states_of(site, "mobile")[-1] is State.UP, "of the other link nothing has changed"


def test_a_device_that_is_back_where_it_was_names_its_circuit_again() -> None:
    site = carried_device(back_s=500.0)
    site.run(520.0)
    see(site.memory.links["fixed"], USUAL, 520.0)
    site.run(600.0)
    assert states_of(site, "fixed")[-1] is State.UP


def test_another_box_in_front_of_the_same_network_is_the_same_circuit() -> None:
    """A carrier that swaps its box moves nobody."""
    site = SimulatedSite(
        gateway_hardware=lambda _link, at_s: OTHER_BOX if at_s > 150.0 else OWN_BOX
    )
    site.run(20.0)
    see(site.memory.links["fixed"], USUAL, 20.0)
    site.run(200.0)
    see(site.memory.links["fixed"], NEAR, 200.0)
    site.run(400.0)
    assert states_of(site, "fixed") == [State.UP]


def test_a_place_is_taken_for_the_devices_own_after_a_day_and_not_after_an_hour() -> None:
    link = LinkMemory(name="fixed")
    see(link, USUAL, 0.0)
    identity.note_gateway(link, ok_finding({}, evidence={identity.HARDWARE: OWN_BOX}), 0)
    for at_s in (10.0, 11.0 + ACCEPTED_S, 12.0 + identity.MOVED_ACCEPTED_S):
        seen = ok_finding({}, evidence={identity.HARDWARE: OTHER_BOX})
        identity.note_gateway(link, seen, round((START_S + at_s) * NS))
        see(link, FOREIGN, at_s)
        assert identity.is_moved(link) is (at_s < identity.MOVED_ACCEPTED_S)


def test_eight_networks_beside_the_usual_one_are_remembered_the_latest() -> None:
    link = LinkMemory(name="fixed")
    pass_by(link, 0.0, SHARED, USUAL)
    for place in range(1, 11):
        pass_by(link, 10.0 * place, SHARED, f"198.{place}.0.1")
        pass_by(link, 10.0 * place + 1.0, SHARED, USUAL)
    side = link.carriers_side[Family.IP4]
    assert side.beside == [f"198.{place}.0.0/16" for place in range(3, 11)]
    assert side.usual == "203.0.0.0/16"
