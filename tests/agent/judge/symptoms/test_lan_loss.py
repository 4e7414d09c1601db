"""Loss of what a line carries is held against the rung that loses it, and is said once."""

import pytest

from tests.agent.judge.expect import blamed_parties, states_of
from tests.agent.judge.seeds import SEEDS
from tests.agent.judge.simulated_site import InjectedFault, SimulatedSite
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State

START_S, END_S = 305.0, 905.0


@pytest.mark.parametrize("loss", [0.03, 0.08])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_lan_that_loses_packets_is_never_held_against_the_carrier(seed: int, loss: float) -> None:
    """The carrier is not blamed while the loss lasts, by lost lookups and pages, nor afterwards."""
    lossy = InjectedFault(start_s=START_S, end_s=END_S, at=Segment.LAN, loss=loss)
    site = SimulatedSite(seed=seed, injected=(lossy,))
    site.run(END_S + 900.0)
    assert blamed_parties(site) == {Party.COMMUNE}
    assert states_of(site, "fixed")[-1] is State.UP
