"""The record of verdicts keeps every outage, however long or short."""

from dataclasses import dataclass, replace
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings, strategies

from tests.agent.judge.expect import changes_of
from tests.agent.judge.inventories import two_links
from tests.agent.judge.simulated_site import (
    FACTS_OK,
    FactsChange,
    InjectedFault,
    SimulatedSite,
    site_seconds,
)
from tests.timing import examples
from thongsuot_agent.judge.memory import Memory
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import VerdictChange

START_S = 200.0
RUNGS = (Segment.LAN, Segment.ACCESS, Segment.CARRIER, Segment.TRANSIT)
NO_SIGNAL = msgspec.structs.replace(FACTS_OK, carrier=False)
LENGTHS_S = (1.0, 2.0, 3.0, 5.0, 9.0, 20.0, 45.0, 61.0, 122.0, 303.0, 1000.0, 7200.0)


@dataclass(frozen=True)
class RecordedSpan:
    """What a reader of the record takes for true between two onsets."""

    start_s: float
    end_s: float
    state: State


def record_of(changes: list[VerdictChange], until_s: float) -> list[RecordedSpan]:
    """Return the spans as the timeline makes them: each lasts until the onset of the next."""
    spans: list[RecordedSpan] = []
    for change in changes:
        start_s = site_seconds(change.onset_boottime_ns)
        spans = [span for span in spans if span.start_s < start_s]
        if spans:
            spans[-1] = replace(spans[-1], end_s=start_s)
        spans.append(RecordedSpan(start_s, until_s, change.verdict.state))
    return spans


def out_s(spans: list[RecordedSpan]) -> float:
    """Return how long the record shows that a link did not work as it should."""
    return sum(span.end_s - span.start_s for span in spans if span.state is not State.UP)


def check_law(changes: list[VerdictChange]) -> None:
    """Check that no verdict reaches back before the one that it follows."""
    for before, after in pairwise(changes):
        assert after.onset_boottime_ns >= before.onset_boottime_ns
        if after.verdict.state is State.UP or before.verdict.state is State.UP:
            assert after.onset_boottime_ns >= before.decided_boottime_ns


@pytest.mark.parametrize("length_s", LENGTHS_S)
def test_an_unplugged_cable_stays_in_the_record_however_briefly(length_s: float) -> None:
    site = SimulatedSite(
        facts=(
            FactsChange(at_s=START_S, facts=NO_SIGNAL),
            FactsChange(at_s=START_S + length_s, facts=FACTS_OK),
        )
    )
    until_s = START_S + length_s + 120.0
    site.run(until_s)
    changes = changes_of(site, "fixed")
    check_law(changes)
    assert changes[-1].verdict.state is State.UP
    recorded_s = out_s(record_of(changes, until_s)[1:])
    assert length_s - 0.1 <= recorded_s <= length_s + 6.0


@pytest.mark.parametrize("at", RUNGS)
@pytest.mark.parametrize("length_s", [1.0, 2.0, 3.0, 5.0, 9.0, 20.0, 61.0, 303.0, 1000.0])
def test_an_outage_on_any_rung_is_recorded_with_its_length(length_s: float, at: Segment) -> None:
    fault = InjectedFault(start_s=START_S, end_s=START_S + length_s, at=at, loss=1.0)
    site = SimulatedSite(injected=(fault,))
    until_s = START_S + length_s + 240.0
    site.run(until_s)
    changes = changes_of(site, "fixed")
    check_law(changes)
    assert changes[-1].verdict.state is State.UP
    recorded_s = out_s(record_of(changes, until_s)[1:])
    if len(changes) > 1 or length_s >= 5.0:
        # The first echo to a rung that is lost goes out up to two seconds after the cut.
        assert length_s - 3.0 <= recorded_s <= length_s + 6.0


@pytest.mark.parametrize("length_s", [5.0, 45.0, 303.0])
@pytest.mark.parametrize("deaf_s", [0.0, 10.0, 120.0])
def test_an_outage_surrounded_by_unmeasured_time_is_kept(length_s: float, deaf_s: float) -> None:
    end_s = START_S + length_s
    site = SimulatedSite(
        facts=(
            FactsChange(at_s=START_S, facts=NO_SIGNAL),
            FactsChange(at_s=end_s, facts=FACTS_OK),
        ),
        starve=lambda at_s: end_s <= at_s < end_s + deaf_s,
    )
    until_s = end_s + deaf_s + 120.0
    site.run(until_s)
    changes = changes_of(site, "fixed")
    check_law(changes)
    down = [span for span in record_of(changes, until_s) if span.state is State.DOWN]
    assert sum(span.end_s - span.start_s for span in down) >= length_s - 0.1
    assert changes[-1].verdict.state is State.UP


def test_a_restarted_judge_does_not_date_a_change_before_its_last_verdict() -> None:
    cut = InjectedFault(start_s=START_S, end_s=START_S + 60.0, loss=1.0)
    site = SimulatedSite(injected=(cut,))
    site.run(START_S + 30.0)
    site.memory = Memory(issued=site.memory.issued)
    site.run(START_S + 200.0)
    check_law(changes_of(site, "fixed"))
    assert out_s(record_of(changes_of(site, "fixed"), START_S + 200.0)[1:]) >= 58.5


@strategies.composite
def troubled_lives(draw: strategies.DrawFn) -> tuple[SimulatedSite, float]:
    """Any order of outages, cables out, deaf spells and restarts within a quarter of an hour."""
    at_s, faults, facts, deaf = 60.0, [], [], []
    for _ in range(draw(strategies.integers(1, 4))):
        length_s = draw(strategies.sampled_from([1.0, 3.0, 8.0, 30.0, 90.0]))
        match draw(strategies.sampled_from(["silence", "cable", "deaf"])):
            case "silence":
                rung = draw(strategies.sampled_from(RUNGS))
                faults.append(InjectedFault(start_s=at_s, end_s=at_s + length_s, at=rung, loss=1.0))
            case "cable":
                facts.append(FactsChange(at_s=at_s, facts=NO_SIGNAL))
                facts.append(FactsChange(at_s=at_s + length_s, facts=FACTS_OK))
            case _:
                deaf.append((at_s, at_s + length_s))
        at_s += length_s + draw(strategies.sampled_from([0.5, 4.0, 20.0, 100.0]))
    site = SimulatedSite(
        injected=tuple(faults),
        facts=tuple(facts),
        starve=lambda now_s: any(start <= now_s < end for start, end in deaf),
        site_probes=two_links(),
        seed=draw(strategies.integers(1, 1000)),
    )
    return site, at_s + 60.0


@given(troubled_lives())
@settings(max_examples=examples(25), deadline=None)
def test_an_onset_never_precedes_the_verdict_that_it_follows(
    life: tuple[SimulatedSite, float],
) -> None:
    site, until_s = life
    site.run(until_s)
    for subject in {(c.verdict.link, c.verdict.service) for c in site.changes}:
        check_law(changes_of(site, *subject))
