"""
The matrix, device and both links: starved, restarted, without power, and nothing wrong at all.
"""

import msgspec
import pytest

from tests.agent.judge.expect import assert_found, blamed_parties, changes_of, states_of
from tests.agent.judge.seeds import SEEDS
from tests.agent.judge.simulated_site import (
    FACTS_OK,
    FactsChange,
    InjectedFault,
    LinkNoise,
    SimulatedSite,
)
from thongsuot_agent.judge.memory import Memory
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

START_S = 60.0


def test_a_starved_agent_reports_an_overloaded_device_and_neither_latency_nor_loss() -> None:
    world = SimulatedSite(starve=lambda at_s: START_S < at_s < 300.0)
    world.run(500.0)
    for link in ("fixed", "mobile"):
        assert states_of(world, link) == [State.UP, State.UNKNOWN, State.UP]
        assert changes_of(world, link)[1].verdict.symptom is Symptom.DEVICE_OVERLOADED
    assert blamed_parties(world) == set()


def test_an_agent_that_is_starved_for_a_moment_changes_nothing() -> None:
    world = SimulatedSite(starve=lambda at_s: START_S < at_s < 75.0)
    world.run(300.0)
    assert states_of(world, "fixed") == [State.UP]


def test_runs_that_timed_out_while_timers_were_late_are_no_loss() -> None:
    world = SimulatedSite(late=lambda at_s: at_s % 10.0 < 5.0)
    world.run(600.0)
    assert states_of(world, "fixed") == [State.UP]
    assert states_of(world, "mobile") == [State.UP]


def test_memory_that_was_written_down_continues_where_it_stopped() -> None:
    cut = InjectedFault(start_s=START_S, at=Segment.ACCESS, loss=1.0)
    world = SimulatedSite(injected=(cut,))
    world.run(100.0)
    written = msgspec.msgpack.encode(world.memory)
    world.memory = msgspec.msgpack.decode(written, type=Memory)
    world.run(200.0)
    assert states_of(world, "fixed") == [State.UP, State.DOWN]


@pytest.mark.parametrize("seed", SEEDS)
def test_both_links_out_at_once_are_judged_each_by_its_own(seed: int) -> None:
    fixed = InjectedFault(
        start_s=START_S, end_s=200.0, links=("fixed",), at=Segment.ACCESS, loss=1.0
    )
    mobile = InjectedFault(
        start_s=START_S, end_s=200.0, links=("mobile",), at=Segment.CARRIER, loss=1.0
    )
    world = SimulatedSite(seed=seed, injected=(fixed, mobile))
    world.run(400.0)
    assert_found(
        world,
        (State.DOWN, Segment.ACCESS, Symptom.ACCESS_SILENT),
        since_s=START_S,
        intervals=1.3,
    )
    assert_found(
        world,
        (State.DOWN, Segment.CARRIER, Symptom.CARRIER_SILENT),
        since_s=START_S,
        intervals=3.0,
        link="mobile",
    )
    service = changes_of(world, "", "dichvucong")
    assert [change.verdict.state for change in service] == [State.UP, State.DOWN, State.UP]
    assert service[1].verdict.segment is Segment.ACCESS
    assert blamed_parties(world) == {Party.CARRIER}


def test_power_that_fails_in_the_boxes_of_both_links_is_the_communes() -> None:
    off = msgspec.structs.replace(FACTS_OK, carrier=False)
    world = SimulatedSite(
        facts=(
            FactsChange(at_s=START_S, facts=off),
            FactsChange(at_s=START_S, facts=off, link="mobile"),
        )
    )
    world.run(100.0)
    assert blamed_parties(world) == {Party.COMMUNE}
    assert changes_of(world, "", "dichvucong")[-1].verdict.state is State.DOWN


@pytest.mark.parametrize("start", ["cut", "well"])
def test_an_agent_that_starts_in_an_outage_finds_it(start: str) -> None:
    faults = (InjectedFault(at=Segment.ACCESS, loss=1.0),) if start == "cut" else ()
    world = SimulatedSite(injected=faults)
    world.run(60.0)
    first = changes_of(world, "fixed")[0]
    expected = State.DOWN if start == "cut" else State.UP
    assert (first.before, first.verdict.state) == (State.UNKNOWN, expected)


@pytest.mark.parametrize("seed", range(10, 10 + len(SEEDS)))
def test_an_hour_of_healthy_mildly_noisy_links_has_no_false_change(seed: int) -> None:
    world = SimulatedSite(seed=seed)
    world.run(3600.0)
    assert {change.verdict.state for change in world.changes} == {State.UP}
    assert len(world.changes) == 8, "each of two links and six services is up, once"


def test_a_radio_link_of_three_in_a_thousand_is_healthy() -> None:
    world = SimulatedSite(
        seed=7, noise=LinkNoise(loss=0.003, jitter_s=0.015, spike=0.02, spike_s=0.1)
    )
    world.run(3600.0)
    assert {change.verdict.state for change in world.changes} == {State.UP}


@pytest.mark.parametrize("until_s", [3.0, 15.0])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_dead_line_whose_gateway_answers_is_never_called_up_first(
    seed: int, until_s: float
) -> None:
    """A starting device is short of CPU, and its silent runs count as not measured."""
    dead = InjectedFault(at=Segment.ACCESS, links=("fixed", "mobile"), loss=1.0)
    world = SimulatedSite(seed=seed, injected=(dead,), doubt=lambda at_s: at_s < until_s)
    world.run(60.0)
    for link in ("fixed", "mobile"):
        assert State.UP not in states_of(world, link)
        assert states_of(world, link)[-1] is State.DOWN
