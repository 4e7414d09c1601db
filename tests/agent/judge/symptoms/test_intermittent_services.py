"""Services that fail every other time, never twice in a row: seen, and told to the right party."""

from dataclasses import replace

import pytest

from tests.agent.judge.expect import blamed_parties, changes_of, states_of
from tests.agent.judge.seeds import SEEDS
from tests.agent.judge.simulated_site import InjectedFault, SimulatedSite, site_seconds
from thongsuot_schema.reason import Reason
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

START_S, END_S = 305.0, 905.0
TIMES_OUT = InjectedFault(
    start_s=START_S,
    end_s=END_S,
    links=(),
    at=Segment.SERVICE,
    kinds=("http",),
    targets=("motcua",),
    reason=Reason.TIMED_OUT,
    period_s=20.0,
)
"""A request is given up after ten seconds, so that the one that asks again meets the other half."""


@pytest.mark.parametrize("seed", SEEDS)
def test_a_portal_that_fails_every_other_request_is_seen_and_is_the_portals(seed: int) -> None:
    site = SimulatedSite(seed=seed, injected=(TIMES_OUT,))
    site.run(END_S + 1200.0)
    against = [c for c in changes_of(site, "fixed", "motcua") if c.verdict.state is not State.UP]
    assert against
    assert site_seconds(against[0].decided_boottime_ns) - START_S <= 300.0
    assert blamed_parties(site) <= {Party.PORTAL}
    assert states_of(site, "fixed", "motcua")[-1] is State.UP


def test_a_portal_that_fails_now_and_then_over_one_carrier_is_held_against_nobody() -> None:
    site = SimulatedSite(injected=(replace(TIMES_OUT, links=("fixed",)),))
    site.run(END_S)
    symptoms = {change.verdict.symptom for change in changes_of(site, "fixed", "motcua")}
    assert Symptom.SERVICE_UNREACHABLE_OVER_LINK in symptoms
    assert blamed_parties(site) == set()


@pytest.mark.parametrize("seed", SEEDS)
def test_a_failure_while_the_line_was_out_is_no_intermittent_service(seed: int) -> None:
    cuts = tuple(
        InjectedFault(start_s=at_s, end_s=at_s + 70.0, at=Segment.ACCESS, loss=1.0)
        for at_s in (300.0, 500.0, 700.0)
    )
    site = SimulatedSite(seed=seed, injected=cuts)
    site.run(1800.0)
    segments = {change.verdict.segment for change in changes_of(site, "fixed", "motcua")}
    assert segments <= {Segment.ACCESS, None}
    assert states_of(site, "fixed", "motcua")[-1] is State.UP


def test_a_portal_that_fails_for_a_second_now_and_then_is_asked_more_often_until_it_is_sure() -> (
    None
):
    resets = replace(TIMES_OUT, reason=Reason.CONNECTION_RESET, period_s=3.0)
    site = SimulatedSite(injected=(resets,))
    site.run(END_S)
    against = [c for c in changes_of(site, "fixed", "motcua") if c.verdict.state is not State.UP]
    assert against
    assert site_seconds(against[0].decided_boottime_ns) - START_S <= 120.0
    assert blamed_parties(site) <= {Party.PORTAL}
