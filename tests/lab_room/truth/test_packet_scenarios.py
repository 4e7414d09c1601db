"""The lab's city as scenarios meet it."""

import pytest

from thongsuot_lab.inventory import links_of
from thongsuot_lab.lab import Lab
from thongsuot_lab.testing import needs_lab
from thongsuot_lab.truth.packet_run import WARM_S, after_warming
from thongsuot_lab.truth.packet_scenarios import PacketGrammar, city_of, lab_topology
from thongsuot_lab.truth.places import PlaceKind


def test_faults_of_single_sites_are_of_the_line_that_its_client_uses() -> None:
    batches = PacketGrammar(lab_topology(3), 1).batches(12)
    scenarios = [scenario for batch in batches for scenario in batch]
    assert [scenario.index for scenario in scenarios] == list(range(12))
    for batch in batches:
        own = [{fault.place.name for fault in scenario.faults} for scenario in batch]
        assert len(batch) == 1 or own == [{f"s{n}.fixed"} for n in range(1, len(batch) + 1)]
    assert PacketGrammar(lab_topology(3), 1).batches(12) == batches, (
        "the same seed, the same faults"
    )


def test_the_simulation_sees_the_labs_city() -> None:
    topology = lab_topology(2)
    city = city_of(topology)
    assert {site.name for site in city.sites} == {site.name for site in topology.sites}
    assert {place.name for place in city.places if place.kind is PlaceKind.CORE} == {
        carrier.name for carrier in topology.carriers
    }


def test_every_second_line_may_be_metered_in_both_engines() -> None:
    topology = lab_topology(4, is_metered=True)
    for site, premises in zip(topology.sites, city_of(topology).sites, strict=True):
        fixed, mobile = links_of(topology, site.name)
        assert (fixed.allowance_bytes, premises.lines[0].is_metered) == (None, False)
        # The agent's own budget follows from it, on packets as in the simulation.
        assert mobile.allowance_bytes == premises.lines[1].allowance_bytes
        assert premises.lines[1].is_metered
    allowances = [site.lines[1].allowance_bytes for site in city_of(topology).sites]
    assert allowances == [1_000_000_000, 2_000_000_000] * 2
    unmetered = PacketGrammar(lab_topology(4), 1).batches(8)
    metered = PacketGrammar(topology, 1).batches(8)
    faults = [
        [[made.faults for made in batch] for batch in drawn] for drawn in (unmetered, metered)
    ]
    assert faults[0] == faults[1], "the same seed, the same faults"


@pytest.mark.lab
@needs_lab
def test_both_lines_of_a_site_may_begin_at_routers_with_the_same_private_address() -> None:
    """As with carriers that number all their access routers alike from 10.0.0.0/8."""
    topology = lab_topology(1)
    (site,) = topology.sites
    hops = {
        str(topology.wire(uplink.access_wire).b.v4[0].ip): uplink.carrier for uplink in site.uplinks
    }
    assert list(hops) == ["10.192.0.1"]
    with Lab(topology) as lab:
        device = lab.node(site.device)
        for uplink in site.uplinks:
            resolver = topology.addresses_of(topology.carrier(uplink.carrier).resolver)[0]
            for address in (*hops, resolver):
                device.run(["ping", "-I", uplink.interface, "-c", "1", "-W", "2", address])


def test_simulated_agents_have_learned_as_long_as_those_on_packets() -> None:
    """One that has just started takes a slow portal for a usual one (seed 7601, number 84)."""
    (batch, *_) = PacketGrammar(lab_topology(2), 1).batches(1)
    drawn = batch[0]
    later = after_warming(drawn)
    assert [fault.start_s - WARM_S for fault in later.faults] == pytest.approx(
        [fault.start_s for fault in drawn.faults]
    )
    assert [fault.end_s - WARM_S for fault in later.faults] == pytest.approx(
        [fault.end_s for fault in drawn.faults]
    )
    assert later.until_s - WARM_S == pytest.approx(drawn.until_s)
