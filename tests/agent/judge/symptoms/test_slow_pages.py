"""Pages that come slowly: found soon, the portal's where every carrier shows it, else nobody's."""

from dataclasses import replace

import pytest

from tests.agent.judge.expect import assert_found, blamed_parties, changes_of, states_of
from tests.agent.judge.seeds import SEEDS
from tests.agent.judge.simulated_site import InjectedFault, SimulatedSite, site_seconds
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Family
from thongsuot_schema.segment import Party, Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

START_S, END_S = 700.0, 1300.0
SLOW_PORTAL = (State.DEGRADED, Segment.SERVICE, Symptom.SERVICE_SLOW)
SLOW_OVER_LINK = (State.UNKNOWN, None, Symptom.SERVICE_SLOW)


def slow_pages(*links: str, delay_s: float = 2.0) -> InjectedFault:
    """Return a delay of every packet to one portal: four round trips make the page hang."""
    return InjectedFault(
        start_s=START_S,
        end_s=END_S,
        links=links,
        at=Segment.SERVICE,
        kinds=("http",),
        targets=("motcua",),
        delay_s=delay_s,
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_a_slow_page_is_looked_into_at_once_and_not_three_minutes_later(seed: int) -> None:
    site = SimulatedSite(seed=seed, injected=(slow_pages(),))
    site.run(1800.0)
    # A request a minute, and three pages of nine seconds.
    assert_found(site, SLOW_PORTAL, since_s=START_S, intervals=24.0, link="", service="motcua")
    assert states_of(site, "", "motcua") == [State.UP, State.DEGRADED, State.UP]
    assert blamed_parties(site) == {Party.PORTAL}


def test_one_slow_page_after_a_portal_is_quick_again_says_nothing_of_it() -> None:
    """
    A fault that was reported and has ended is no evidence for an intermittent one: on the lab's
    packets a portal that had been slow was "slow, nobody named" three times in half an hour.
    """
    spell = replace(slow_pages(), end_s=START_S + 120.0)
    once = replace(slow_pages("fixed"), start_s=1000.0, end_s=1060.0, families=(Family.IP4,))
    site = SimulatedSite(injected=(spell, once))
    site.run(1500.0)
    for link in ("", "fixed", "mobile"):
        assert states_of(site, link, "motcua") == [State.UP, State.DEGRADED, State.UP], link


@pytest.mark.parametrize("link", ["fixed", "mobile"])
def test_a_page_that_is_slow_over_one_carrier_alone_is_held_against_nobody(link: str) -> None:
    site = SimulatedSite(injected=(slow_pages(link),))
    site.run(2400.0)
    assert_found(site, SLOW_OVER_LINK, since_s=START_S, intervals=80.0, link=link, service="motcua")
    assert states_of(site, link, "motcua")[-1] is State.UP
    assert states_of(site, "", "motcua") == [State.UP]
    assert blamed_parties(site) == set()


def test_a_portal_that_hangs_now_and_comes_slowly_then_is_slow() -> None:
    """No two runs in a row fail, and no three in a row are slow."""
    hangs = InjectedFault(
        start_s=START_S,
        end_s=END_S,
        links=(),
        at=Segment.SERVICE,
        kinds=("http",),
        targets=("motcua",),
        reason=Reason.RESPONSE_TIMED_OUT,
        period_s=22.0,
    )
    site = SimulatedSite(injected=(hangs, slow_pages()))
    site.run(END_S)
    against = [c for c in changes_of(site, "", "motcua") if c.verdict.state is not State.UP]
    assert against
    assert blamed_parties(site) == {Party.PORTAL}


@pytest.mark.parametrize("seed", SEEDS)
def test_if_all_domestic_targets_beyond_the_carrier_are_slow_the_transit_is_at_fault(
    seed: int,
) -> None:
    slow = InjectedFault(
        start_s=START_S,
        end_s=END_S,
        at=Segment.TRANSIT,
        targets=("zone", "exchange", "dichvucong"),
        delay_s=0.5,
    )
    site = SimulatedSite(seed=seed, injected=(slow,))
    site.run(1500.0)
    expected = (State.DEGRADED, Segment.TRANSIT, Symptom.TRANSIT_SLOW)
    assert_found(site, expected, since_s=START_S, intervals=10.0)
    assert states_of(site, "fixed") == [State.UP, State.DEGRADED, State.UP]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_portal_that_is_slow_by_turns_is_seen_and_is_the_portals(seed: int) -> None:
    by_turns = replace(slow_pages(), period_s=23.0)
    site = SimulatedSite(seed=seed, injected=(by_turns,))
    site.run(END_S + 1200.0)
    against = [c for c in changes_of(site, "fixed", "motcua") if c.verdict.state is not State.UP]
    assert against
    assert site_seconds(against[0].decided_boottime_ns) - START_S <= 240.0
    assert blamed_parties(site) <= {Party.PORTAL}
    assert states_of(site, "fixed", "motcua")[-1] is State.UP


def test_pages_that_are_slow_for_all_portals_at_once_are_not_the_portals_fault() -> None:
    everywhere = replace(slow_pages(), targets=())
    site = SimulatedSite(injected=(everywhere,))
    site.run(END_S)
    symptoms = {change.verdict.symptom for change in changes_of(site, "fixed", "motcua")}
    assert Symptom.SERVICE_SLOW in symptoms
    assert blamed_parties(site) == set()
