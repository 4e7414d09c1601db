"""
What no single moment of the schedule proves: the same faults at many moments.

Nobody is notified wrongly at any; how often something is noticed is a share.
"""

from dataclasses import replace

from tests.lab_room.truth.making import (
    SITE,
    at_moments,
    fault,
    parties,
    scenario,
    symptoms,
)
from tests.lab_room.truth.test_combinations import NORTH, SOUTH, exchange_by_turns
from thongsuot_agent.judge.engine import StepOutcome, step
from thongsuot_agent.judge.events import Event
from thongsuot_agent.judge.memory import Memory
from thongsuot_agent.judge.settings import Settings
from thongsuot_agent.judge.site_probes import SiteProbes
from thongsuot_agent.judge.symptoms.echo_limit import EchoLimit
from thongsuot_lab.truth.device import SimulatedDevice
from thongsuot_lab.truth.fault import Effect, Touch
from thongsuot_lab.truth.grammar import Scenario
from thongsuot_lab.truth.places import PlaceKind
from thongsuot_lab.truth.scenario_run import play
from thongsuot_schema.verdict import Symptom


def limits_found(made: Scenario) -> list[EchoLimit]:
    """Return the limits of echoes that a device finds where nothing else is wrong."""
    limits: list[EchoLimit] = []

    def judge(memory: Memory, event: Event, probes: SiteProbes, settings: Settings) -> StepOutcome:
        outcome = step(memory, event, probes, settings)
        limits.extend(outcome.echo_limits)
        return outcome

    changes = SimulatedDevice(made, SITE, judge=judge).run()
    assert {change.verdict.symptom for change in changes} == {Symptom.NONE}
    return limits


def test_a_policer_is_recognised_by_its_limit_at_two_paces() -> None:
    """The same number of echoes returns each second, however many are sent: noted, but no fault."""
    policer = fault(
        PlaceKind.ACCESS,
        "s1.fixed",
        touch=Touch.ICMP,
        effect=Effect.POLICED,
        amount=3.0,
        end_s=300.0,
    )
    moments = at_moments(scenario(policer, until_s=300.0), count=16, nightly=48)
    found = [limits_found(made) for made in moments]
    # Half of the moments: where a burst hides the slower pace, the two cannot be told apart.
    assert sum(map(bool, found)) >= len(moments) / 4
    assert {limit.link for limits in found for limit in limits} == {"fixed"}
    # Each echo meets the policer twice, and those to the gateway before it do not.
    assert all(0.3 <= limit.per_second <= 1.0 for limits in found for limit in limits)


def test_a_way_to_a_portal_that_is_slow_over_one_line_is_no_portals_beside_a_new_line() -> None:
    """The page over the other line is as quick as any, though opened for the first time."""
    slow = fault(PlaceKind.PEERING, "north-one", effect=Effect.DELAYED, amount=0.3, end_s=400.0)
    made = scenario(replace(slow, start_s=2.0), until_s=600.0)
    moments = at_moments(made, count=12, nightly=48, within_s=30.0)
    seen = 0
    for moment in moments:
        played = play(moment)
        assert parties(played) == set(), played.messages
        seen += Symptom.SERVICE_SLOW in symptoms(played)
    # Where a page over this line was quick before, which some have not seen yet.
    assert seen >= len(moments) / 4


def test_an_exchange_that_loses_half_by_turns_is_reported_to_carriers_alone() -> None:
    """Whether its losses are there for long enough over a line is chance."""
    moments = at_moments(exchange_by_turns(), count=6, nightly=24)
    told: list[set[str]] = []
    for made in moments:
        played = play(made)
        assert not played.assessment.failures(), played.messages
        told.append(parties(played))
    assert set().union(*told) == {NORTH, SOUTH}
    assert sum(map(bool, told)) >= len(moments) / 2
