"""The matrix, LAN: what the commune has to repair, and what it has not."""

import msgspec
import pytest

from tests.agent.judge.expect import (
    assert_found,
    blamed_parties,
    changes_of,
    named_segments,
    states_of,
)
from tests.agent.judge.inventories import FIXED, MOBILE, TARGETS, anchor, one_link, two_links
from tests.agent.judge.seeds import SEEDS
from tests.agent.judge.simulated_site import FACTS_OK, FactsChange, InjectedFault, SimulatedSite
from thongsuot_schema.inventory.model import Link
from thongsuot_schema.reason import Reason
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

START_S = 60.0

UNPLUGGED = msgspec.structs.replace(FACTS_OK, carrier=False)
ABSENT = msgspec.structs.replace(FACTS_OK, present=False, carrier=False)
NO_ADDRESS = msgspec.structs.replace(
    FACTS_OK, has_address4=False, has_address6=False, has_route4=False, has_route6=False
)
NO_ROUTE = msgspec.structs.replace(FACTS_OK, has_route4=False, has_route6=False)
CONFLICT = msgspec.structs.replace(FACTS_OK, address_conflict=True)


@pytest.mark.parametrize(
    ("facts", "symptom", "intervals"),
    [
        (UNPLUGGED, Symptom.CABLE_UNPLUGGED, 0.0),
        (ABSENT, Symptom.INTERFACE_ABSENT, 0.0),
        (NO_ADDRESS, Symptom.NO_ADDRESS, 1.3),
        (NO_ROUTE, Symptom.NO_ROUTE, 1.3),
    ],
)
def test_a_dead_interface_is_down_at_once_and_the_communes(
    facts: object, symptom: Symptom, intervals: float
) -> None:
    changed = msgspec.convert(facts, type(FACTS_OK), from_attributes=True)
    world = SimulatedSite(
        facts=(FactsChange(at_s=START_S, facts=changed), FactsChange(at_s=160.0, facts=FACTS_OK))
    )
    world.run(300.0)
    expected = (State.DOWN, Segment.LAN, symptom)
    assert_found(world, expected, since_s=START_S, intervals=intervals)
    assert states_of(world, "fixed") == [State.UP, State.DOWN, State.UP]
    assert states_of(world, "mobile") == [State.UP]
    assert blamed_parties(world) == {Party.COMMUNE}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_box_without_power_behind_a_switch_is_the_communes(seed: int) -> None:
    off = InjectedFault(start_s=START_S, end_s=200.0, at=Segment.LAN, loss=1.0)
    world = SimulatedSite(
        seed=seed, injected=(off,), neighbour=lambda _link, at_s: not 70.0 < at_s < 200.0
    )
    world.run(300.0)
    expected = (State.DOWN, Segment.LAN, Symptom.GATEWAY_SILENT)
    assert_found(world, expected, since_s=START_S, intervals=1.5)
    assert named_segments(world) == {Segment.LAN}
    assert states_of(world, "fixed")[-1] is State.UP


@pytest.mark.parametrize("with_access", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_box_that_has_lost_its_line_is_the_carriers(seed: int, with_access: bool) -> None:
    cut = InjectedFault(start_s=START_S, end_s=200.0, at=Segment.ACCESS, loss=1.0)
    world = SimulatedSite(
        seed=seed, injected=(cut,), site_probes=two_links(with_access=with_access)
    )
    world.run(300.0)
    expected = (State.DOWN, Segment.ACCESS, Symptom.ACCESS_SILENT)
    assert_found(world, expected, since_s=START_S, intervals=1.2)
    assert blamed_parties(world) == {Party.CARRIER}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_box_that_says_that_it_has_no_way_out_is_looked_at_on_site(seed: int) -> None:
    off = InjectedFault(
        start_s=START_S,
        end_s=200.0,
        at=Segment.ACCESS,
        kinds=("icmp", "dns"),
        reason=Reason.NETWORK_UNREACHABLE,
    )
    world = SimulatedSite(seed=seed, injected=(off,))
    world.run(300.0)
    expected = (State.DOWN, Segment.LAN, Symptom.GATEWAY_NO_UPLINK)
    assert_found(world, expected, since_s=START_S, intervals=1.0)
    assert named_segments(world) == {Segment.LAN}
    assert states_of(world, "fixed") == [State.UP, State.DOWN, State.UP]


EDGE = anchor("edge", Segment.LAN, "edge")


@pytest.mark.parametrize("seed", SEEDS)
def test_an_office_firewall_without_power_behind_the_switch_is_the_communes(seed: int) -> None:
    edge = InjectedFault(start_s=START_S, end_s=200.0, at=Segment.LAN, targets=("edge",), loss=1.0)
    beyond = InjectedFault(start_s=START_S, end_s=200.0, at=Segment.ACCESS, loss=1.0)
    world = SimulatedSite(
        seed=seed, injected=(edge, beyond), site_probes=two_links(targets=(*TARGETS, EDGE))
    )
    world.run(300.0)
    expected = (State.DOWN, Segment.LAN, Symptom.EDGE_SILENT)
    assert_found(world, expected, since_s=START_S, intervals=1.5)
    assert blamed_parties(world) == {Party.COMMUNE}
    assert states_of(world, "fixed") == [State.UP, State.DOWN, State.UP]


@pytest.mark.parametrize("is_edge_mute", [True, False])
def test_behind_a_firewall_that_answers_or_never_did_a_cut_line_is_the_carriers(
    is_edge_mute: bool,
) -> None:
    mute = InjectedFault(at=Segment.LAN, targets=("edge",), loss=1.0 if is_edge_mute else 0.0)
    cut = InjectedFault(start_s=START_S, end_s=200.0, at=Segment.ACCESS, loss=1.0)
    world = SimulatedSite(injected=(mute, cut), site_probes=two_links(targets=(*TARGETS, EDGE)))
    world.run(300.0)
    assert_found(
        world,
        (State.DOWN, Segment.ACCESS, Symptom.ACCESS_SILENT),
        since_s=START_S,
        intervals=1.5,
    )
    assert blamed_parties(world) == {Party.CARRIER}


def test_a_refusal_from_beyond_an_unwatched_first_hop_is_not_the_boxs() -> None:
    core = InjectedFault(
        start_s=START_S, at=Segment.CARRIER, kinds=("icmp",), reason=Reason.NETWORK_UNREACHABLE
    )
    silent = InjectedFault(start_s=START_S, at=Segment.CARRIER, kinds=("dns", "http"), loss=1.0)
    world = SimulatedSite(injected=(core, silent), site_probes=two_links(with_access=False))
    world.run(200.0)
    assert named_segments(world) == {Segment.ACCESS}


@pytest.mark.parametrize("seed", SEEDS)
def test_an_address_that_is_used_twice_is_the_communes(seed: int) -> None:
    fault = InjectedFault(start_s=START_S, at=Segment.LAN, loss=0.5)
    world = SimulatedSite(
        seed=seed, injected=(fault,), facts=(FactsChange(at_s=START_S, facts=CONFLICT),)
    )
    world.run(400.0)
    expected = (State.DEGRADED, Segment.LAN, Symptom.ADDRESS_CONFLICT)
    assert_found(world, expected, since_s=START_S, intervals=1.3)
    assert blamed_parties(world) == {Party.COMMUNE}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_gateway_that_answers_no_echoes_is_not_a_fault(seed: int) -> None:
    filtered = InjectedFault(at=Segment.LAN, kinds=("icmp",), targets=("gateway",), loss=1.0)
    world = SimulatedSite(seed=seed, injected=(filtered,))
    world.run(600.0)
    assert states_of(world, "fixed") == [State.UP]


def test_a_gateway_that_stops_answering_echoes_is_not_a_fault() -> None:
    filtered = InjectedFault(
        start_s=START_S, at=Segment.LAN, kinds=("icmp",), targets=("gateway",), loss=1.0
    )
    world = SimulatedSite(injected=(filtered,))
    world.run(600.0)
    assert states_of(world, "fixed") == [State.UP]


def test_behind_a_gateway_without_echoes_an_outage_is_unknown_until_the_link_layer_answers() -> (
    None
):
    filtered = InjectedFault(at=Segment.LAN, kinds=("icmp",), targets=("gateway",), loss=1.0)
    cut = InjectedFault(start_s=START_S, at=Segment.ACCESS, loss=1.0)
    world = SimulatedSite(injected=(filtered, cut))
    world.run(200.0)
    first, second = changes_of(world, "fixed")[1:]
    assert (first.verdict.state, first.verdict.segment) == (State.UNKNOWN, None)
    assert (second.verdict.state, second.verdict.segment) == (State.DOWN, Segment.ACCESS)
    assert blamed_parties(world) == {Party.CARRIER}


def test_a_dead_gateway_without_echoes_is_detected_by_the_link_layer() -> None:
    filtered = InjectedFault(at=Segment.LAN, kinds=("icmp",), targets=("gateway",), loss=1.0)
    off = InjectedFault(start_s=START_S, at=Segment.LAN, loss=1.0)
    world = SimulatedSite(injected=(filtered, off), neighbour=lambda _link, at_s: at_s < 68.0)
    world.run(200.0)
    assert named_segments(world) == {Segment.LAN}
    assert changes_of(world, "fixed")[-1].verdict.state is State.DOWN


@pytest.mark.parametrize("contract", [None, 100_000_000])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_local_download_is_the_sites_own_traffic(seed: int, contract: int | None) -> None:
    fixed = msgspec.structs.replace(FIXED, contract_down_bits_per_second=contract)
    queue = InjectedFault(start_s=START_S, end_s=400.0, at=Segment.ACCESS, delay_s=0.3, loss=0.01)
    world = SimulatedSite(
        seed=seed,
        injected=(queue,),
        site_probes=two_links(links=(fixed, MOBILE)),
        own_traffic=lambda link, at_s: 85e6 if link == "fixed" and 60.0 < at_s < 400.0 else 2e4,
    )
    world.run(700.0)
    expected = (State.DEGRADED, Segment.LAN, Symptom.LAN_CONGESTED)
    assert_found(world, expected, since_s=START_S, intervals=6.0)
    assert blamed_parties(world) == {Party.COMMUNE}
    assert states_of(world, "fixed")[-1] is State.UP


@pytest.mark.parametrize("seed", SEEDS)
def test_a_slow_gateway_is_the_local_network(seed: int) -> None:
    queue = InjectedFault(start_s=START_S, at=Segment.LAN, delay_s=0.3)
    world = SimulatedSite(seed=seed, injected=(queue,))
    world.run(400.0)
    expected = (State.DEGRADED, Segment.LAN, Symptom.LAN_CONGESTED)
    assert_found(world, expected, since_s=START_S, intervals=6.0)
    assert blamed_parties(world) == {Party.COMMUNE}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bad_cable_loses_echoes_of_the_gateway_too(seed: int) -> None:
    bad = InjectedFault(start_s=START_S, at=Segment.LAN, loss=0.05)
    world = SimulatedSite(seed=seed, injected=(bad,))
    world.run(600.0)
    expected = (State.DEGRADED, Segment.LAN, Symptom.LAN_LOSS)
    assert_found(world, expected, since_s=START_S, intervals=60.0)
    assert blamed_parties(world) == {Party.COMMUNE}


def test_a_forwarding_box_that_does_not_resolve_is_not_the_carriers() -> None:
    local = msgspec.structs.replace(FACTS_OK, local_resolver=True)
    dead = InjectedFault(
        start_s=START_S, at=Segment.LAN, kinds=("dns",), targets=("resolver",), loss=1.0
    )
    no_names = InjectedFault(
        start_s=START_S,
        at=Segment.SERVICE,
        kinds=("http",),
        reason=Reason.NAME_SERVER_TIMED_OUT,
    )
    world = SimulatedSite(injected=(dead, no_names), facts=(FactsChange(at_s=0.0, facts=local),))
    world.run(300.0)
    expected = (State.DEGRADED, Segment.LAN, Symptom.RESOLVER_SILENT)
    assert_found(world, expected, since_s=START_S, intervals=8.0)
    assert blamed_parties(world) == {Party.COMMUNE}


def test_answers_from_a_boxs_cache_do_not_prove_the_line() -> None:
    local = msgspec.structs.replace(FACTS_OK, local_resolver=True)
    cut = InjectedFault(
        start_s=START_S,
        at=Segment.ACCESS,
        targets=tuple(
            post.target
            for post in two_links().links["fixed"].points.values()
            if post.target not in {"gateway", "resolver"}
        ),
        loss=1.0,
    )
    world = SimulatedSite(injected=(cut,), facts=(FactsChange(at_s=0.0, facts=local),))
    world.run(200.0)
    expected = (State.DOWN, Segment.ACCESS, Symptom.ACCESS_SILENT)
    assert_found(world, expected, since_s=START_S, intervals=1.5)


def test_a_link_that_loses_ipv4_only_is_degraded() -> None:
    only6 = msgspec.structs.replace(FACTS_OK, has_address4=False, has_route4=False)
    world = SimulatedSite(
        facts=(FactsChange(at_s=START_S, facts=only6), FactsChange(at_s=160.0, facts=FACTS_OK))
    )
    world.run(300.0)
    expected = (State.DEGRADED, Segment.LAN, Symptom.NO_ADDRESS)
    assert_found(world, expected, since_s=START_S, intervals=1.3)
    assert states_of(world, "fixed") == [State.UP, State.DEGRADED, State.UP]


def test_a_link_that_never_had_ipv6_is_an_ordinary_link() -> None:
    only4 = msgspec.structs.replace(FACTS_OK, has_address6=False, has_route6=False)
    world = SimulatedSite(
        site_probes=one_link(),
        facts=(FactsChange(at_s=0.0, facts=only4),),
        own_traffic=lambda _link, _at_s: 1e4,
    )
    world.run(300.0)
    assert states_of(world, "fixed") == [State.UP]


def test_the_contract_tells_a_reduced_rate_from_a_full_line() -> None:
    """Only a tenth of the contracted rate passes, which cannot be the site's own traffic."""
    fixed = Link(
        name="fixed",
        interface="fix0",
        medium=FIXED.medium,
        contract_down_bits_per_second=100_000_000,
    )
    queue = InjectedFault(start_s=START_S, at=Segment.ACCESS, delay_s=0.3)
    world = SimulatedSite(
        injected=(queue,),
        site_probes=two_links(links=(fixed, MOBILE)),
        own_traffic=lambda link, at_s: 10e6 if link == "fixed" and at_s > START_S else 2e4,
    )
    world.run(300.0)
    expected = (State.DEGRADED, Segment.ACCESS, Symptom.ACCESS_SLOW)
    assert_found(world, expected, since_s=START_S, intervals=8.0)
