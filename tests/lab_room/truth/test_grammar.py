"""Scenarios follow from a seed, cover the grammar and read as one line each."""

from dataclasses import replace

import pytest

from thongsuot_lab.truth.fault import Course, Effect
from thongsuot_lab.truth.grammar import ALLOWANCES_BYTES, RULES, scenario, with_metered_lines
from thongsuot_lab.truth.places import PlaceKind


def test_the_same_numbers_give_the_same_scenario() -> None:
    assert [scenario(7, index) for index in range(50)] == [scenario(7, i) for i in range(50)]


def test_another_seed_gives_other_scenarios() -> None:
    assert {str(scenario(7, i)) for i in range(50)}.isdisjoint(
        str(scenario(8, i)) for i in range(50)
    )


def test_a_scenario_is_printed_on_one_line_with_its_seed_and_index() -> None:
    text = str(scenario(7, 3))
    assert "\n" not in text
    assert text.startswith("7:3 ")


def test_a_thousand_scenarios_meet_every_kind_of_place_and_every_rule() -> None:
    made = [scenario(1, index) for index in range(1500)]
    met = {(f.place.kind, f.touch, f.effect) for drawn in made for f in drawn.faults}
    possible = {(kind, r.touch, r.effect) for kind, rules in RULES.items() for r in rules}
    assert met == possible
    assert {f.course for drawn in made for f in drawn.faults} == set(Course)
    assert {len(drawn.faults) for drawn in made} == {0, 1, 2}


@pytest.mark.parametrize("index", range(40))
def test_every_fault_ends_before_its_scenario(index: int) -> None:
    made = scenario(3, index)
    for fault in made.faults:
        assert fault.place in made.city.places
        assert 60.0 < fault.start_s < fault.end_s < made.until_s - 100.0
        assert fault.level(fault.start_s - 0.1) == fault.level(fault.end_s) == 0.0


def test_bursts_take_their_share_of_the_time() -> None:
    made = (f for i in range(400) for f in scenario(1, i).faults)
    bursting = next(fault for fault in made if fault.course is Course.BURSTS)
    bursts = replace(bursting, end_s=bursting.start_s + 20 * bursting.period_s)
    steps = [bursts.start_s + 0.01 * n for n in range(int(2000 * bursting.period_s))]
    share = sum(map(bursts.level, steps)) / len(steps)
    assert share == pytest.approx(bursts.on_share, rel=0.1)


def test_only_the_sites_own_load_is_counted_by_the_device() -> None:
    made = [f for i in range(400) for f in scenario(1, i).faults]
    assert {f.effect for f in made if f.is_counted} == {Effect.OWN_LOAD}
    assert {f.place.kind for f in made if f.effect is Effect.OWN_LOAD} == {PlaceKind.LAN}


def test_second_lines_have_allowances_and_all_of_them_where_that_is_asked_for() -> None:
    drawn = [scenario(5, index) for index in range(20)]
    lines = [site.lines for made in drawn for site in made.city.sites]
    assert {second.allowance_bytes for _, second in lines} == set(ALLOWANCES_BYTES)
    assert {second.is_metered for _, second in lines} == {True, False}
    metered = [with_metered_lines(made) for made in drawn]
    of_all = [site.lines for made in metered for site in made.city.sites]
    assert {(first.is_metered, second.is_metered) for first, second in of_all} == {(False, True)}
    assert [made.faults for made in metered] == [made.faults for made in drawn]
