"""Leases, mute name servers and bursts in vain, second by second: what is waited for."""

import pytest

from tests.agent.judge.expect import changes_of, states_of
from tests.agent.judge.simulated_site import (
    FACTS_OK,
    FactsChange,
    InjectedFault,
    SimulatedSite,
    site_seconds,
)
from tests.agent.judge.test_grace_and_excuses import BARE
from thongsuot_schema.reason import Reason
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

START_S = 100.0


@pytest.mark.parametrize("bare_s", [1.0, 4.0])
def test_a_lease_that_is_renewed_within_its_grace_blames_nobody(bare_s: float) -> None:
    site = SimulatedSite(
        facts=(
            FactsChange(at_s=START_S, facts=BARE),
            FactsChange(at_s=START_S + bare_s, facts=FACTS_OK),
        )
    )
    site.run(START_S + 60.0)
    assert states_of(site, "fixed") == [State.UP]


def test_an_interface_without_address_is_down_once_its_grace_is_over() -> None:
    site = SimulatedSite(facts=(FactsChange(at_s=START_S, facts=BARE),))
    site.run(START_S + 60.0)
    change = changes_of(site, "fixed")[1]
    assert change.verdict.symptom is Symptom.NO_ADDRESS
    waited_s = site_seconds(change.decided_boottime_ns) - START_S
    assert site.settings.facts_grace_s <= waited_s <= site.settings.facts_grace_s + 2.0


def test_a_round_does_not_wait_for_targets_known_to_be_unresponsive() -> None:
    """Otherwise a name server that never answers would delay every verdict by its two seconds."""
    mute = InjectedFault(at=Segment.LAN, targets=("zone",), kinds=("dns",), loss=1.0, links=())
    blip = InjectedFault(start_s=400.0, end_s=401.5, at=Segment.LAN, targets=("far",), loss=1.0)
    site = SimulatedSite(injected=(mute, blip))
    site.run(400.0)
    longest_s = 0.0
    for tenth in range(400):
        site.run(400.0 + tenth / 10)
        current = site.memory.links["fixed"].round
        if current is not None and current.is_burst:
            assert not any((key.kind, key.target) == ("dns", "zone") for key in current.awaited)
            longest_s = max(longest_s, site.now_s - site_seconds(current.opened_ns))
    assert longest_s <= 1.6


def test_a_burst_that_finds_nothing_is_counted_and_one_that_finds_an_outage_is_not() -> None:
    blip = InjectedFault(start_s=400.0, end_s=406.0, at=Segment.LAN, targets=("far",), loss=1.0)
    cut = InjectedFault(start_s=500.0, at=Segment.LAN, loss=1.0, links=("fixed",))
    site = SimulatedSite(injected=(blip, cut))
    site.run(420.0)
    assert 400.0 <= site_seconds(site.memory.links["fixed"].inconclusive_ns) < 420.0
    site.run(560.0)
    link = site.memory.links["fixed"]
    assert link.silence.fault is not None
    # Noise may have been looked into since; the outage that began at 500 s was found.
    assert site_seconds(link.inconclusive_ns) < 500.0


@pytest.mark.parametrize("reason", [Reason.STATUS_UNEXPECTED, Reason.BODY_UNEXPECTED])
def test_an_answer_that_only_the_portal_can_have_given_is_its_fault_over_one_link_alone(
    reason: Reason,
) -> None:
    answer = InjectedFault(
        start_s=START_S, at=Segment.SERVICE, kinds=("http",), targets=("motcua",), reason=reason
    )
    site = SimulatedSite(injected=(answer,))
    site.run(START_S + 300.0)
    against = changes_of(site, "fixed", "motcua")[1].verdict
    assert (against.state, against.segment) == (State.DOWN, Segment.SERVICE)
    assert states_of(site, "mobile", "motcua") == [State.UP]
