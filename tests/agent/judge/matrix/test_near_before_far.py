"""Faults that nobody wrote down: queues, boxes and what the nearer explains."""

import pytest

from tests.agent.judge.expect import (
    assert_found,
    blamed_parties,
    changes_of,
    states_of,
    verdict_summary,
)
from tests.agent.judge.inventories import one_link
from tests.agent.judge.seeds import SEEDS
from tests.agent.judge.simulated_site import (
    NS,
    InjectedFault,
    SimulatedSite,
)
from thongsuot_agent.judge.settings import Settings
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

START_S = 60.0


SHORT_PAUSE = Settings(pause_s=900.0)
"""The site has a quarter of an hour to pause its transfers, and the test runs for as long less."""


def wavering(at_s: float) -> float:
    """Return the delay of a queue that TCP fills and drains: a saw of four seconds."""
    return 0.35 + 0.45 * (at_s % 4.0) / 4.0


@pytest.mark.parametrize("seed", SEEDS)
def test_a_queue_of_unknown_cause_accuses_no_carrier(seed: int) -> None:
    queue = InjectedFault(start_s=START_S, end_s=600.0, at=Segment.ACCESS, delay_at=wavering)
    site = SimulatedSite(seed=seed, injected=(queue,))
    site.run(900.0)
    untold = (State.UNKNOWN, None, Symptom.SLOW_CAUSE_UNKNOWN)
    assert verdict_summary(changes_of(site, "fixed")[1]) == untold
    assert states_of(site, "fixed")[-1] is State.UP
    assert Party.CARRIER not in blamed_parties(site)


def test_a_lasting_queue_is_reported_to_the_carrier() -> None:
    queue = InjectedFault(start_s=START_S, at=Segment.ACCESS, delay_at=wavering)
    site = SimulatedSite(injected=(queue,), settings=SHORT_PAUSE)
    site.run(1300.0)
    symptoms = [change.verdict.symptom for change in changes_of(site, "fixed")]
    assert symptoms[1:] == [Symptom.SLOW_CAUSE_UNKNOWN, Symptom.ACCESS_SLOW]


def test_a_line_that_is_cut_under_load_is_reported_as_down() -> None:
    cut = InjectedFault(start_s=START_S, at=Segment.ACCESS, loss=1.0)
    site = SimulatedSite(
        injected=(cut,), own_traffic=lambda _link, at_s: 90e6 if at_s < START_S else 10e3
    )
    site.run(200.0)
    expected = (State.DOWN, Segment.ACCESS, Symptom.ACCESS_SILENT)
    assert_found(site, expected, since_s=START_S, intervals=2.0)


@pytest.mark.parametrize("seed", SEEDS)
def test_drops_of_a_queue_of_unknown_cause_accuse_no_carrier(seed: int) -> None:
    queue = InjectedFault(
        start_s=START_S, end_s=600.0, at=Segment.ACCESS, delay_at=wavering, loss=0.02
    )
    site = SimulatedSite(seed=seed, injected=(queue,))
    site.run(600.0)
    assert Symptom.SLOW_CAUSE_UNKNOWN in {c.verdict.symptom for c in changes_of(site, "fixed")}
    assert Party.CARRIER not in blamed_parties(site)


@pytest.mark.parametrize("loss", [0.5, 0.85])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_lan_that_loses_by_turns_is_not_a_fault_of_the_line(seed: int, loss: float) -> None:
    """One answered echo of a lossy gateway proves the LAN for that moment only."""
    turns = InjectedFault(start_s=START_S, end_s=500.0, at=Segment.LAN, loss=loss, period_s=2 * 8.4)
    site = SimulatedSite(seed=seed, injected=(turns,))
    site.run(700.0)
    assert blamed_parties(site) <= {Party.COMMUNE}
    assert states_of(site, "fixed") != [State.UP]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_box_that_is_deaf_for_a_moment_makes_no_dead_line(seed: int) -> None:
    """The box answers first when it is back, while earlier runs beyond it are still silent."""
    moments = tuple(
        InjectedFault(start_s=begin_s, end_s=begin_s + 1.7, at=Segment.LAN, loss=1.0)
        for begin_s in (START_S + 97.3 * number for number in range(8))
    )
    site = SimulatedSite(seed=seed, injected=moments)
    site.run(900.0)
    assert blamed_parties(site) <= {Party.COMMUNE}


@pytest.mark.parametrize("seed", SEEDS)
def test_heavy_loss_to_all_targets_is_not_a_partial_outage(seed: int) -> None:
    """With six of ten echoes lost, some of a dozen targets are silent for a while by chance."""
    lossy = InjectedFault(start_s=START_S, at=Segment.CARRIER, kinds=("icmp",), loss=0.6)
    site = SimulatedSite(seed=seed, injected=(lossy,))
    site.run(600.0)
    symptoms = {change.verdict.symptom for change in changes_of(site, "fixed")}
    assert Symptom.CARRIER_PARTIAL_OUTAGE not in symptoms


@pytest.mark.parametrize("seed", SEEDS)
def test_losses_beside_a_short_queue_are_held_against_the_carrier_only_if_they_last(
    seed: int,
) -> None:
    """30 ms and 3 % are what a transfer by another machine of the site causes."""
    queue = InjectedFault(
        start_s=START_S,
        end_s=500.0,
        at=Segment.ACCESS,
        delay_at=lambda at_s: 0.02 + 0.02 * (at_s % 4.0) / 4.0,
        loss=0.03,
    )
    site = SimulatedSite(seed=seed, injected=(queue,))
    site.run(900.0)
    assert Symptom.SLOW_CAUSE_UNKNOWN in {c.verdict.symptom for c in changes_of(site, "fixed")}
    assert Party.CARRIER not in blamed_parties(site)


def small_queue(at_s: float) -> float:
    """Return the delay of a queue that is never long, and drops."""
    return 0.02 + 0.02 * (at_s % 4.0) / 4.0


@pytest.mark.parametrize("seed", SEEDS)
def test_packets_lost_only_while_it_queues_are_never_reported_to_the_carrier(seed: int) -> None:
    queue = InjectedFault(
        start_s=START_S, end_s=1500.0, at=Segment.ACCESS, delay_at=small_queue, loss=0.03
    )
    site = SimulatedSite(seed=seed, injected=(queue,), settings=SHORT_PAUSE)
    site.run(1600.0)
    assert Symptom.SLOW_CAUSE_UNKNOWN in {c.verdict.symptom for c in changes_of(site, "fixed")}
    assert Party.CARRIER not in blamed_parties(site)


@pytest.mark.parametrize("seed", SEEDS)
def test_loss_that_continues_after_the_queue_is_reported_to_the_carrier(seed: int) -> None:
    """The site first has its time to pause the transfer."""
    queue = InjectedFault(start_s=START_S, end_s=300.0, at=Segment.ACCESS, delay_at=small_queue)
    lossy = InjectedFault(start_s=START_S, at=Segment.ACCESS, loss=0.03)
    site = SimulatedSite(seed=seed, injected=(queue, lossy), settings=SHORT_PAUSE)
    site.run(2400.0)
    untold, named = changes_of(site, "fixed")[1:]
    assert verdict_summary(untold) == (State.UNKNOWN, None, Symptom.SLOW_CAUSE_UNKNOWN)
    assert verdict_summary(named) == (State.DEGRADED, Segment.ACCESS, Symptom.ACCESS_LOSS)
    waited_ns = named.decided_boottime_ns - untold.decided_boottime_ns
    assert waited_ns >= SHORT_PAUSE.pause_s * NS


@pytest.mark.parametrize("seed", SEEDS)
def test_a_loss_is_over_when_echoes_alone_are_still_lost(seed: int) -> None:
    """Once, echoes dropped by a policer kept alive a loss of the line that had long ended."""
    lossy = InjectedFault(start_s=START_S, end_s=400.0, at=Segment.ACCESS, loss=0.1)
    policer = InjectedFault(start_s=400.0, at=Segment.ACCESS, kinds=("icmp",), loss=0.1)
    site = SimulatedSite(seed=seed, injected=(lossy, policer))
    site.run(1800.0)
    assert states_of(site, "fixed") == [State.UP, State.DEGRADED, State.UP]


@pytest.mark.parametrize("seed", SEEDS)
def test_where_only_new_connections_fail_nobody_is_named(seed: int) -> None:
    """A full connection table, in the site's box or at the carrier: open echoes are old flows."""
    full = InjectedFault(start_s=START_S, at=Segment.ACCESS, kinds=("dns", "http"), loss=1.0)
    site = SimulatedSite(seed=seed, injected=(full,))
    site.run(500.0)
    untold = (State.UNKNOWN, None, Symptom.NEW_CONNECTIONS_FAIL)
    assert untold in {verdict_summary(change) for change in changes_of(site, "fixed")}
    assert blamed_parties(site) == set()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_name_server_that_dies_after_portals_were_silent_is_what_is_dead(seed: int) -> None:
    """Once, pages that had failed a minute earlier were taken for lost new flows."""
    unreached = InjectedFault(
        start_s=600.0, end_s=690.0, at=Segment.SERVICE, kinds=("http",), loss=1.0
    )
    dead = InjectedFault(
        start_s=700.0, at=Segment.CARRIER, targets=("resolver",), kinds=("dns",), loss=1.0
    )
    site = SimulatedSite(seed=seed, injected=(unreached, dead))
    # Not only when those pages are no longer of this time.
    site.run(760.0)
    named = (State.DEGRADED, Segment.CARRIER, Symptom.RESOLVER_SILENT)
    assert verdict_summary(changes_of(site, "fixed")[-1]) == named


def test_slow_routers_on_no_path_to_a_watched_service_do_not_make_a_link_slow() -> None:
    slow = InjectedFault(start_s=START_S, at=Segment.TRANSIT, kinds=("icmp",), delay_s=0.4)
    site = SimulatedSite(injected=(slow,))
    site.run(400.0)
    assert states_of(site, "fixed") == [State.UP]


@pytest.mark.parametrize("seed", SEEDS)
def test_after_a_loss_in_the_lan_has_ended_no_other_party_is_accused(seed: int) -> None:
    """Once, lookups lost in the LAN were reported as loss of the line after the LAN was well."""
    lossy = InjectedFault(start_s=START_S, end_s=250.0, at=Segment.LAN, loss=0.06)
    site = SimulatedSite(seed=seed, injected=(lossy,))
    site.run(700.0)
    assert blamed_parties(site) == {Party.COMMUNE}
    assert states_of(site, "fixed")[-1] is State.UP


OTHER_BOX = "02:00:00:00:00:99"


@pytest.mark.parametrize("at", [Segment.ACCESS, Segment.CARRIER])
def test_failures_behind_an_unknown_box_count_against_no_circuit(
    at: Segment,
) -> None:
    """With a cable in another or a rogue box, another circuit than the inventory's is measured."""
    dead = InjectedFault(start_s=START_S, end_s=300.0, at=at, loss=1.0)
    site = SimulatedSite(
        injected=(dead,),
        gateway_hardware=lambda link, at_s: (
            OTHER_BOX if link == "fixed" and at_s >= START_S else "02:00:00:00:00:01"
        ),
    )
    site.run(400.0)
    untold = (State.UNKNOWN, None, Symptom.GATEWAY_REPLACED)
    assert verdict_summary(changes_of(site, "fixed")[1]) == untold
    assert blamed_parties(site) == set()
    assert states_of(site, "fixed")[-1] is State.UP


def test_a_box_that_is_swapped_while_the_line_is_dead_does_not_withdraw_the_outage() -> None:
    dead = InjectedFault(start_s=START_S, end_s=400.0, at=Segment.ACCESS, loss=1.0)
    site = SimulatedSite(
        injected=(dead,),
        gateway_hardware=lambda _link, at_s: OTHER_BOX if at_s > 200.0 else "02:00:00:00:00:01",
    )
    site.run(500.0)
    assert states_of(site, "fixed") == [State.UP, State.DOWN, State.UP]
    assert blamed_parties(site) == {Party.CARRIER}


def test_a_swapped_box_is_the_known_one_after_an_hour() -> None:
    dead = InjectedFault(start_s=4000.0, at=Segment.ACCESS, loss=1.0)
    site = SimulatedSite(
        injected=(dead,),
        site_probes=one_link(),
        gateway_hardware=lambda _link, at_s: OTHER_BOX if at_s > 100.0 else "02:00:00:00:00:01",
    )
    site.run(4050.0)
    assert changes_of(site, "fixed")[-1].verdict.symptom is Symptom.ACCESS_SILENT
