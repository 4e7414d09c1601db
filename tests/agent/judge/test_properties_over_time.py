"""What holds for a whole recorded course: its order, and judging it again."""

import random

import pytest

from tests.agent.judge.simulated_site import InjectedFault, SimulatedSite
from tests.agent.judge.test_properties import judged
from thongsuot_agent.judge import recording
from thongsuot_agent.judge.engine import step
from thongsuot_agent.judge.memory import Memory
from thongsuot_schema.result import Result
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import VerdictChange


@pytest.mark.parametrize("at", [Segment.LAN, Segment.ACCESS, Segment.CARRIER, Segment.TRANSIT])
def test_the_order_of_results_that_arrive_together_does_not_matter(at: Segment) -> None:
    world = SimulatedSite(
        injected=(InjectedFault(start_s=60.0, end_s=120.0, at=at, loss=1.0),), record=True
    )
    expected = [change.verdict.symptom for change in world.run(200.0)]
    for seed in range(5):
        dice = random.Random(seed)
        # Stable: only what has the same time changes places.
        shuffled = sorted(world.events, key=lambda event: (event.boottime_ns, dice.random()))
        assert [change.verdict.symptom for change in judged(shuffled)] == expected


def test_a_recording_judged_again_gives_the_same_verdicts_as_live() -> None:
    faults = (
        InjectedFault(start_s=60.0, end_s=150.0, at=Segment.ACCESS, loss=1.0),
        InjectedFault(start_s=250.0, end_s=400.0, at=Segment.ACCESS, loss=0.1),
    )
    world = SimulatedSite(injected=faults, record=True)
    world.run(500.0)
    lines = [recording.header_line(world.site_probes, world.settings)]
    for event in world.events:
        assert not isinstance(event, Result)
        lines.append(recording.event_line(event))
    site_probes, thresholds, events = recording.read(lines)
    memory = Memory()
    changes: list[VerdictChange] = []
    for event in events:
        ruling = step(memory, event, site_probes, thresholds)
        memory = ruling.memory
        changes.extend(ruling.changes)
    assert changes == world.changes
