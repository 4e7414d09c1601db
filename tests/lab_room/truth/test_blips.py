"""Outages of a few seconds: in the record, and told to nobody once they are over."""

from dataclasses import replace

import pytest

from tests.lab_room.truth import making
from tests.lab_room.truth.making import at_moments, fault
from thongsuot_lab.truth.device import BOOT_S, NS_PER_S, boot_ns
from thongsuot_lab.truth.fault import Course, Effect, FaultDirection, GeneratedFault, Touch
from thongsuot_lab.truth.grammar import Scenario, scenario
from thongsuot_lab.truth.places import NetworkPlace, PlaceKind
from thongsuot_lab.truth.scenario_run import PlayedScenario, play
from thongsuot_schema.state import State

START_S, UNTIL_S = 41.3, 110.0


def cut_for(length_s: float, index: int) -> PlayedScenario:
    """Play a city whose first site has its fixed line cut for so long."""
    city = scenario(900, index).city
    cut = GeneratedFault(
        place=NetworkPlace(PlaceKind.ACCESS, f"{city.sites[0].name}.fixed"),
        touch=Touch.ALL,
        effect=Effect.LOST,
        direction=FaultDirection.BOTH,
        course=Course.STEADY,
        start_s=START_S,
        end_s=START_S + length_s,
        amount=1.0,
        salt=index,
    )
    return play(Scenario(seed=900, index=index, city=city, faults=(cut,), until_s=UNTIL_S))


def states_of_line(played: PlayedScenario) -> list[State]:
    (changes,) = played.changes.values()
    return [
        change.verdict.state
        for change in changes
        if change.verdict.link == "fixed" and not change.verdict.service
    ]


@pytest.mark.parametrize("length_s", [3.5, 6.0])
@pytest.mark.parametrize("index", range(3))
def test_faults_of_a_few_seconds_are_recorded_and_notify_nobody(
    index: int, length_s: float
) -> None:
    played = cut_for(length_s, index)
    assert states_of_line(played) == [State.UP, State.DOWN, State.UP]
    assert played.messages == ()


LIMIT = fault(PlaceKind.CORE, "north", touch=Touch.ICMP, effect=Effect.POLICED, amount=2.0)


def cut_where_echoes_are_limited(start_s: float, length_s: float) -> Scenario:
    """Return a line's cut for so long, where its carrier limits echoes all the time."""
    blip = fault(PlaceKind.ACCESS, "s1.fixed", end_s=start_s + length_s)
    noise = (replace(LIMIT, start_s=0.0), replace(blip, start_s=start_s))
    return making.scenario(*noise, seed=4, until_s=start_s + length_s + 24.0)


def ends_s(played: PlayedScenario, end_s: float) -> list[float]:
    """Return how long after its end a cut line was called up again, if it was called dead."""
    verdicts = [
        change
        for change in played.changes["s1"]
        if change.verdict.link == "fixed"
        and not change.verdict.service
        and change.decided_boottime_ns > boot_ns(end_s - 5.0)
    ]
    if not verdicts:
        return []
    assert verdicts[-1].verdict.state is State.UP
    return [verdicts[-1].decided_boottime_ns / NS_PER_S - BOOT_S - end_s]


def test_blips_are_over_within_seconds_where_the_carrier_limits_echoes() -> None:
    """Three rounds of limited echoes take a second each, and pages have come by then."""
    moments = at_moments(cut_where_echoes_are_limited(60.0, 2.5), count=48, nightly=192)
    played = [(play(made), made.faults[1].end_s) for made in moments]
    over_s = [after_s for one, end_s in played for after_s in ends_s(one, end_s)]
    assert len(over_s) >= len(moments) / 12
    assert max(over_s) < 7.0
    # One that is known for three seconds is told: its first pages waited for their lookups.
    assert sum(bool(one.messages) for one, _ in played) <= len(moments) / 6


def test_a_way_through_which_pages_come_is_not_silent_where_the_carrier_limits_echoes() -> None:
    """Each burst of them met the limit; for 17 s nothing but echoes was asked (2026-12)."""
    blip = cut_where_echoes_are_limited(116.56, 1.5)
    (over_s,) = ends_s(play(blip), blip.faults[1].end_s)
    assert over_s < 7.0


def test_lasting_faults_are_notified_within_ten_seconds_and_so_is_their_end() -> None:
    played = cut_for(30.0, 0)
    opened, resolved = played.messages
    assert (opened.kind, resolved.kind) == ("opened", "resolved")
    assert opened.at_s - START_S < 10.0
