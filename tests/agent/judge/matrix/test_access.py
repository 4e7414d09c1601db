"""The matrix, access: the line or the radio, up to the carrier's first hop."""

import pytest

from tests.agent.judge.expect import (
    assert_found,
    blamed_parties,
    changes_of,
    named_segments,
    states_of,
)
from tests.agent.judge.inventories import one_link, two_links
from tests.agent.judge.seeds import SEEDS
from tests.agent.judge.simulated_site import InjectedFault, SimulatedSite, site_seconds
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

START_S = 60.0


@pytest.mark.parametrize("link", ["fixed", "mobile"])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_cut_line_is_down_in_seconds(seed: int, link: str) -> None:
    cut = InjectedFault(start_s=START_S, end_s=200.0, links=(link,), at=Segment.ACCESS, loss=1.0)
    world = SimulatedSite(seed=seed, injected=(cut,))
    world.run(300.0)
    # Metered links are asked a third as often.
    intervals = 1.2 if link == "fixed" else 2.5
    expected = (State.DOWN, Segment.ACCESS, Symptom.ACCESS_SILENT)
    assert_found(world, expected, since_s=START_S, intervals=intervals, link=link)
    assert states_of(world, link) == [State.UP, State.DOWN, State.UP]
    other = "mobile" if link == "fixed" else "fixed"
    assert states_of(world, other) == [State.UP]
    assert blamed_parties(world) == {Party.CARRIER}


def test_a_repaired_line_is_up_within_an_interval_and_not_at_the_first_answer() -> None:
    cut = InjectedFault(start_s=START_S, end_s=200.0, at=Segment.ACCESS, loss=1.0)
    world = SimulatedSite(injected=(cut,))
    world.run(300.0)
    up = changes_of(world, "fixed")[-1]
    assert 200.0 <= site_seconds(up.onset_boottime_ns) <= 202.0
    assert site_seconds(up.onset_boottime_ns) + 1.0 <= site_seconds(up.decided_boottime_ns) <= 205.0


@pytest.mark.parametrize("seed", SEEDS)
def test_services_over_a_cut_line_are_not_blamed(seed: int) -> None:
    cut = InjectedFault(start_s=START_S, end_s=200.0, at=Segment.ACCESS, loss=1.0)
    world = SimulatedSite(seed=seed, injected=(cut,))
    world.run(300.0)
    assert named_segments(world, "fixed", "motcua") == {Segment.ACCESS}
    assert states_of(world, "", "motcua") == [State.UP]


@pytest.mark.parametrize(("seed", "share"), [(42, 0.01), (28, 0.02)])
def test_drops_of_a_queue_count_against_the_rung_of_the_queue(seed: int, share: float) -> None:
    queue = InjectedFault(start_s=START_S, end_s=400.0, at=Segment.ACCESS, loss=share, delay_s=0.3)
    world = SimulatedSite(seed=seed, injected=(queue,))
    world.run(500.0)
    assert named_segments(world) == {Segment.ACCESS}


@pytest.mark.parametrize(("seed", "share"), [(52, 0.4), (62, 0.5)])
def test_lookups_lost_with_the_rest_are_not_the_name_servers(seed: int, share: float) -> None:
    lossy = InjectedFault(start_s=START_S, end_s=200.0, at=Segment.ACCESS, loss=share)
    world = SimulatedSite(seed=seed, injected=(lossy,))
    world.run(200.0)
    assert Symptom.RESOLVER_SILENT not in {change.verdict.symptom for change in world.changes}


@pytest.mark.parametrize("share", [0.02, 0.2])
@pytest.mark.parametrize("seed", SEEDS)
def test_loss_on_the_line_is_degraded(seed: int, share: float) -> None:
    lossy = InjectedFault(start_s=START_S, end_s=400.0, at=Segment.ACCESS, loss=share)
    world = SimulatedSite(seed=seed, injected=(lossy,))
    world.run(700.0)
    expected = (State.DEGRADED, Segment.ACCESS, Symptom.ACCESS_LOSS)
    intervals = 60.0 if share < 0.1 else 12.0
    assert_found(world, expected, since_s=START_S, intervals=intervals)
    assert states_of(world, "fixed") == [State.UP, State.DEGRADED, State.UP]
    assert blamed_parties(world) == {Party.CARRIER}


@pytest.mark.parametrize("with_access", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_300_ms_more_are_degraded(seed: int, with_access: bool) -> None:
    slow = InjectedFault(start_s=START_S, end_s=400.0, at=Segment.ACCESS, delay_s=0.3)
    world = SimulatedSite(
        seed=seed, injected=(slow,), site_probes=two_links(with_access=with_access)
    )
    world.run(600.0)
    expected = (State.DEGRADED, Segment.ACCESS, Symptom.ACCESS_SLOW)
    # Eight rounds have to agree, five seconds apart.
    assert_found(world, expected, since_s=START_S, intervals=8.0)
    assert states_of(world, "fixed") == [State.UP, State.DEGRADED, State.UP]
    assert blamed_parties(world) == {Party.CARRIER}


@pytest.mark.parametrize("period_s", [20.0, 40.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_line_that_comes_and_goes_is_one_fault_not_a_storm(seed: int, period_s: float) -> None:
    flapping = InjectedFault(
        start_s=START_S, end_s=400.0, at=Segment.ACCESS, loss=1.0, period_s=period_s
    )
    world = SimulatedSite(seed=seed, injected=(flapping,))
    world.run(390.0)
    final = changes_of(world, "fixed")[-1].verdict
    assert (final.state, final.segment, final.symptom) == (
        State.DEGRADED,
        Segment.ACCESS,
        Symptom.ACCESS_FLAPPING,
    )
    # Up, the first outage, perhaps its end, and then nothing but the one fault.
    assert len(changes_of(world, "fixed")) <= 4
    assert len(changes_of(world, "fixed", "motcua")) <= 4
    world.run(700.0)
    assert states_of(world, "fixed")[-1] is State.UP
    assert blamed_parties(world) == {Party.CARRIER}


def test_a_flapping_line_that_stays_away_is_down() -> None:
    flapping = InjectedFault(
        start_s=START_S, end_s=160.0, at=Segment.ACCESS, loss=1.0, period_s=20.0
    )
    cut = InjectedFault(start_s=160.0, at=Segment.ACCESS, loss=1.0)
    world = SimulatedSite(injected=(flapping, cut))
    world.run(300.0)
    assert changes_of(world, "fixed")[-1].verdict.symptom is Symptom.ACCESS_SILENT


@pytest.mark.parametrize(
    ("family", "symptom"),
    [(Family.IP4, Symptom.IPV4_DOWN), (Family.IP6, Symptom.IPV6_DOWN)],
)
@pytest.mark.parametrize("seed", SEEDS)
def test_one_dead_family_is_degraded_not_down(seed: int, family: Family, symptom: Symptom) -> None:
    dead = InjectedFault(
        start_s=START_S, end_s=300.0, at=Segment.ACCESS, families=(family,), loss=1.0
    )
    world = SimulatedSite(seed=seed, injected=(dead,))
    world.run(500.0)
    expected = (State.DEGRADED, Segment.ACCESS, symptom)
    assert_found(world, expected, since_s=START_S, intervals=1.0)
    assert states_of(world, "fixed") == [State.UP, State.DEGRADED, State.UP]
    assert states_of(world, "fixed", "motcua") == [State.UP]
    assert blamed_parties(world) == {Party.CARRIER}


@pytest.mark.parametrize("with_other_link", [True, False])
@pytest.mark.parametrize("seed", SEEDS)
def test_stalled_handshakes_of_all_services_mean_that_large_packets_are_lost(
    seed: int, with_other_link: bool
) -> None:
    hole = InjectedFault(
        start_s=START_S,
        end_s=400.0,
        at=Segment.SERVICE,
        kinds=("http",),
        reason=Reason.TLS_TIMED_OUT,
    )
    site_probes = two_links() if with_other_link else one_link()
    world = SimulatedSite(seed=seed, injected=(hole,), site_probes=site_probes)
    world.run(700.0)
    expected = (State.UNKNOWN, None, Symptom.LARGE_PACKETS_CAUSE_UNKNOWN)
    # A web request is made every 60 s, and a stalled handshake takes 10 s to be known.
    assert_found(world, expected, since_s=START_S, intervals=18.0)
    # This site opens no new flows to its gateway, so that it may be the LAN as well.
    assert blamed_parties(world) == set()
    assert states_of(world, "fixed")[-1] is State.UP


@pytest.mark.parametrize("cut_ms", range(0, 1000, 50))
def test_a_line_cut_during_the_answers_of_a_burst_is_not_a_dead_family(cut_ms: int) -> None:
    # Echoes of one family are lost for a moment, so that all are asked just when the line is cut.
    blip = InjectedFault(
        start_s=START_S, end_s=START_S + 5.0, families=(Family.IP6,), loss=1.0, targets=("zone",)
    )
    cut = InjectedFault(start_s=START_S + 2.0 + cut_ms / 1000, at=Segment.ACCESS, loss=1.0)
    world = SimulatedSite(injected=(blip, cut))
    world.run(START_S + 60.0)
    named = {c.verdict.symptom for c in changes_of(world, "fixed")} - {Symptom.NONE}
    assert named == {Symptom.ACCESS_SILENT}


@pytest.mark.parametrize("family", [Family.IP4, Family.IP6])
def test_large_packets_may_be_lost_in_one_family_alone(family: Family) -> None:
    hole = InjectedFault(
        start_s=START_S,
        at=Segment.SERVICE,
        kinds=("http",),
        families=(family,),
        reason=Reason.TLS_TIMED_OUT,
    )
    world = SimulatedSite(injected=(hole,))
    world.run(400.0)
    expected = (State.UNKNOWN, None, Symptom.LARGE_PACKETS_CAUSE_UNKNOWN)
    assert_found(world, expected, since_s=START_S, intervals=18.0)
    assert named_segments(world) == set()
    assert states_of(world, "", "motcua") == [State.UP]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_link_is_not_alive_through_the_other(seed: int) -> None:
    """``egress_unproven``: the answer came in by the other link and so says nothing of this one."""
    failover = InjectedFault(
        start_s=START_S, links=("fixed",), at=Segment.LAN, reason=Reason.EGRESS_UNPROVEN
    )
    world = SimulatedSite(seed=seed, injected=(failover,))
    world.run(400.0)
    assert states_of(world, "fixed") == [State.UP, State.UNKNOWN]
    assert states_of(world, "mobile") == [State.UP]
    assert blamed_parties(world) == set()
