"""A site that finds itself behind another line, second by second: whom it still accuses."""

import pytest

from tests.agent.judge.expect import blamed_parties, changes_of, states_of, verdict_summary
from tests.agent.judge.simulated_site import InjectedFault, SimulatedSite
from tests.agent.judge.symptoms.test_identity import FOREIGN, NEAR, OTHER_BOX, OWN_BOX, USUAL, see
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

USUAL6, FOREIGN6 = "2001:db8:1::1", "2001:db9::1"
CUT_S = 300.0
CUT = InjectedFault(start_s=CUT_S, end_s=CUT_S + 100.0, at=Segment.ACCESS, loss=1.0)
UNTOLD = (State.UNKNOWN, None, Symptom.FIRST_HOP_REPLACED)


def site_with_first_hops(*seen: tuple[str, float]) -> SimulatedSite:
    """Return a site that has lived through a cut, and seen first hops at some moments before."""
    site = SimulatedSite(injected=(CUT,))
    for first_hop, at_s in sorted(seen, key=lambda sighting: sighting[1]):
        site.run(at_s)
        see(site.memory.links["fixed"], first_hop, at_s)
    site.run(CUT_S + 200.0)
    return site


def test_failures_behind_a_first_hop_of_another_network_count_against_no_circuit() -> None:
    """With a cable in another carrier's box, the dead line is not the one in the inventory."""
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


def test_one_path_by_another_network_hides_no_carrier() -> None:
    site = SimulatedSite(injected=(CUT,))
    site.run(20.0)
    see(site.memory.links["fixed"], USUAL, 20.0)
    see(site.memory.links["fixed"], FOREIGN, 21.0, "zone")
    site.run(CUT_S + 50.0)
    assert blamed_parties(site) == {Party.CARRIER}


MOVED = (State.UNKNOWN, None, Symptom.DEVICE_MOVED)


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
    """A carrier that replaces its box does not move the line."""
    site = SimulatedSite(
        gateway_hardware=lambda _link, at_s: OTHER_BOX if at_s > 150.0 else OWN_BOX
    )
    site.run(20.0)
    see(site.memory.links["fixed"], USUAL, 20.0)
    site.run(200.0)
    see(site.memory.links["fixed"], NEAR, 200.0)
    site.run(400.0)
    assert states_of(site, "fixed") == [State.UP]
