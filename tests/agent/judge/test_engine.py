"""The engine as a whole: the ladder, and what is no fault."""

import random

import pytest

from tests.agent.judge.expect import last_change, named_segments, states_of
from tests.agent.judge.seeds import SEEDS
from tests.agent.judge.simulated_site import InjectedFault, SimulatedSite
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom


def cut(at: Segment) -> SimulatedSite:
    return SimulatedSite(injected=(InjectedFault(start_s=60.0, end_s=120.0, at=at, loss=1.0),))


@pytest.mark.parametrize(
    ("at", "symptom"),
    [
        (Segment.LAN, Symptom.GATEWAY_SILENT),
        (Segment.ACCESS, Symptom.ACCESS_SILENT),
        (Segment.CARRIER, Symptom.CARRIER_SILENT),
        (Segment.TRANSIT, Symptom.TRANSIT_SILENT),
    ],
)
def test_the_lowest_broken_rung_is_the_segment(at: Segment, symptom: Symptom) -> None:
    world = cut(at)
    world.run(110.0)
    down = last_change(world, "fixed")
    assert (down.verdict.state, down.verdict.segment, down.verdict.symptom) == (
        State.DOWN,
        at,
        symptom,
    )
    world.run(200.0)
    assert states_of(world, "fixed") == [State.UP, State.DOWN, State.UP]
    assert states_of(world, "mobile") == [State.UP]


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3])
@pytest.mark.parametrize("at", [Segment.LAN, Segment.ACCESS, Segment.CARRIER, Segment.TRANSIT])
@pytest.mark.parametrize("seed", SEEDS)
def test_unfulfilled_confirmation_probes_delay_verdicts_and_do_not_change_them(
    at: Segment, share: float, seed: int
) -> None:
    dice = random.Random(seed)
    world = SimulatedSite(
        seed=seed,
        injected=(InjectedFault(start_s=60.0, end_s=300.0, at=at, loss=1.0),),
        is_fulfilled=lambda _confirmation: dice.random() < share,
    )
    world.run(450.0)
    assert named_segments(world) == {at}
    assert states_of(world, "fixed") == [State.UP, State.DOWN, State.UP]
    assert states_of(world, "mobile") == [State.UP]
