"""A name server that loses some questions, or answers some wrongly, is found and told of."""

from collections.abc import Callable, Mapping, Sequence

import pytest

from tests.agent.judge.expect import assert_found, blamed_parties, changes_of, states_of
from tests.agent.judge.seeds import SEEDS
from tests.agent.judge.simulated_site import InjectedFault, SimulatedSite, site_seconds
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

START_S, END_S = 305.0, 905.0
LOSSY = (State.DEGRADED, Segment.CARRIER, Symptom.RESOLVER_SLOW)
FORGING = (State.DEGRADED, Segment.CARRIER, Symptom.RESOLVER_FORGED_ANSWER)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_name_server_that_loses_a_third_of_the_questions_is_the_carriers_fault(seed: int) -> None:
    lossy = InjectedFault(
        start_s=START_S,
        end_s=END_S,
        at=Segment.CARRIER,
        kinds=("dns",),
        targets=("resolver",),
        loss=0.3,
    )
    site = SimulatedSite(seed=seed, injected=(lossy,))
    site.run(END_S + 600.0)
    assert_found(site, LOSSY, since_s=START_S, intervals=50.0)
    assert states_of(site, "fixed")[-1] is State.UP
    assert blamed_parties(site) == {Party.CARRIER}


def test_a_name_server_that_lies_by_turns_is_caught_at_it() -> None:
    forging = InjectedFault(
        start_s=START_S,
        end_s=END_S,
        at=Segment.CARRIER,
        kinds=("dns",),
        targets=("resolver",),
        reason=Reason.NAME_ANSWER_FORGED,
        period_s=7.0,
    )
    site = SimulatedSite(injected=(forging,))
    site.run(END_S)
    symptoms = {change.verdict.symptom for change in changes_of(site, "fixed")}
    assert Symptom.RESOLVER_FORGED_ANSWER in symptoms
    assert blamed_parties(site) == {Party.CARRIER}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_line_that_loses_everything_evenly_does_not_blame_its_name_server(seed: int) -> None:
    lossy = InjectedFault(start_s=START_S, end_s=END_S, at=Segment.ACCESS, loss=0.05)
    site = SimulatedSite(seed=seed, injected=(lossy,))
    site.run(END_S)
    symptoms = {change.verdict.symptom for change in changes_of(site, "fixed")}
    assert Symptom.ACCESS_LOSS in symptoms
    assert Symptom.RESOLVER_SLOW not in symptoms


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("shape", ["by turns", "by family"])
def test_a_server_at_the_edge_of_what_is_waited_for_is_slow_and_loses_nothing(
    shape: str, seed: int
) -> None:
    """Runs wait for two seconds; an answer after 2.5 s is late, however many there are."""
    ip4, ip6 = (Family.IP4,), (Family.IP6,)
    delays: Mapping[str, Sequence[tuple[tuple[Family, ...], Callable[[float], float]]]] = {
        "by turns": [((), lambda at_s: 1.0 if int(at_s / 7) % 2 else 2.5)],
        "by family": [(ip4, lambda _: 1.0), (ip6, lambda _: 2.5)],
    }
    slow = tuple(
        InjectedFault(
            start_s=60.0,
            end_s=400.0,
            at=Segment.CARRIER,
            targets=("resolver",),
            kinds=("dns",),
            families=families,
            delay_at=delay_at,
        )
        for families, delay_at in delays[shape]
    )
    world = SimulatedSite(seed=seed, injected=slow)
    world.run(600.0)
    expected = (State.DEGRADED, Segment.CARRIER, Symptom.RESOLVER_SLOW)
    assert_found(world, expected, since_s=60.0, intervals=30.0)
    assert states_of(world, "fixed") == [State.UP, State.DEGRADED, State.UP]
    over_s = site_seconds(changes_of(world, "fixed")[-1].decided_boottime_ns)
    assert over_s <= 400.0 + 60.0, "three rounds of the schedule, and no evidence of a loss"
