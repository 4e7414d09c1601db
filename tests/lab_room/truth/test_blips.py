"""Outages of a few seconds: in the record, and told to nobody once they are over."""

from dataclasses import replace

import pytest

from tests.lab_room.truth import making
from tests.lab_room.truth.making import fault
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


@pytest.mark.parametrize("start_s", [100.93, 103.41])
def test_a_blip_is_over_in_time_where_the_carrier_limits_echoes(start_s: float) -> None:
    """A page has come again, while three rounds of limited echoes take a second each."""
    limit = fault(PlaceKind.CORE, "north", touch=Touch.ICMP, effect=Effect.POLICED, amount=2.0)
    blip = fault(PlaceKind.ACCESS, "s1.fixed", end_s=start_s + 1.5)
    noise = (replace(limit, start_s=0.0), replace(blip, start_s=start_s))
    played = play(making.scenario(*noise, seed=4, until_s=125.0))
    assert State.DOWN in states_of_line(played)
    assert played.messages == ()


def test_lasting_faults_are_notified_within_ten_seconds_and_so_is_their_end() -> None:
    played = cut_for(30.0, 0)
    opened, resolved = played.messages
    assert (opened.kind, resolved.kind) == ("opened", "resolved")
    assert opened.at_s - START_S < 10.0
