"""Faults that meet: two at once, or one in a place that two lines share; no list has them."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.lab_room.truth.making import CITY, FIXED, MOBILE, fault, parties, scenario, symptoms
from thongsuot_lab.truth.fault import Course, Effect, FaultDirection, GeneratedFault, Touch
from thongsuot_lab.truth.grammar import Scenario
from thongsuot_lab.truth.places import AccessLine, NetworkPlace, PlaceKind, Premises, SimulatedCity
from thongsuot_lab.truth.scenario_run import play
from thongsuot_schema.verdict import Symptom


def from_s(start_s: float, made: GeneratedFault) -> GeneratedFault:
    """Return a fault that begins at another second than the 100th."""
    return replace(made, start_s=start_s)


def city_of(*lines: AccessLine) -> SimulatedCity:
    """Return the small city with other lines."""
    return replace(CITY, sites=(Premises(name="s1", lines=lines),))


def two_full_tables() -> Scenario:
    full = [
        fault(PlaceKind.BOX, f"s1.{line}", touch=Touch.NEW_FLOWS) for line in ("fixed", "mobile")
    ]
    return scenario(*full)


def no_ip6_addresses() -> Scenario:
    lines = (replace(line, has_ip6=True) for line in (FIXED, MOBILE))
    return scenario(fault(PlaceKind.RESOLVER, "north", touch=Touch.DNS_AAAA), city=city_of(*lines))


def box_that_restarts_under_load() -> Scenario:
    load = fault(PlaceKind.LAN, "s1.fixed", effect=Effect.OWN_LOAD, amount=0.8, end_s=300.0)
    restart = from_s(150.0, fault(PlaceKind.BOX, "s1.fixed", end_s=240.0))
    return scenario(load, restart, until_s=500.0)


def one_carrier_for_both_lines() -> Scenario:
    lines = city_of(FIXED, replace(MOBILE, carrier="north"))
    return scenario(fault(PlaceKind.CORE, "north"), city=lines)


def one_box_for_both_lines() -> Scenario:
    lines = city_of(FIXED, replace(MOBILE, box="s1.fixed"))
    return scenario(fault(PlaceKind.BOX, "s1.fixed"), city=lines)


def two_dead_name_servers() -> Scenario:
    return scenario(*(fault(PlaceKind.RESOLVER, carrier) for carrier in ("north", "south")))


def two_name_servers_that_answer_no_lookup() -> Scenario:
    """What one box of the site could do as well: their machines answer echoes."""
    carriers = ("north", "south")
    return scenario(*(fault(PlaceKind.RESOLVER, name, touch=Touch.DNS) for name in carriers))


def one_name_server_after_the_other() -> Scenario:
    first = fault(PlaceKind.RESOLVER, "north", touch=Touch.DNS, end_s=500.0)
    second = fault(PlaceKind.RESOLVER, "south", touch=Touch.DNS, end_s=500.0)
    return scenario(first, from_s(200.0, second), until_s=600.0)


def two_carriers_that_turn_a_portal_away() -> Scenario:
    """Boxes of both, one after the other, which is no fault of the portal that they stand for."""
    reset = fault(PlaceKind.PEERING, "north-one", touch=Touch.TCP, effect=Effect.RESET, end_s=500.0)
    other = replace(reset, place=NetworkPlace(PlaceKind.PEERING, "south-one"), start_s=220.0)
    return scenario(reset, other, until_s=680.0)


def name_server_at_the_edge() -> Scenario:
    edge = fault(PlaceKind.RESOLVER, "north", touch=Touch.DNS, effect=Effect.DELAYED, amount=1.9)
    return scenario(edge)


def cut_behind_a_core_without_echoes() -> Scenario:
    core = fault(PlaceKind.CORE, "north", touch=Touch.ICMP, end_s=500.0)
    cut = from_s(250.0, fault(PlaceKind.ACCESS, "s1.fixed", end_s=400.0))
    return scenario(core, cut, until_s=650.0)


def slow_portal_beside_a_lossy_way_abroad() -> Scenario:
    portal = fault(PlaceKind.PORTAL, "one", effect=Effect.DELAYED, amount=1.5)
    return scenario(portal, fault(PlaceKind.ABROAD, "transit", amount=0.5))


def lossy_line_without_name_server() -> Scenario:
    lossy = replace(fault(PlaceKind.ACCESS, "s1.fixed", amount=0.3), direction=FaultDirection.UP)
    return scenario(lossy, fault(PlaceKind.RESOLVER, "north"))


def exchange_by_turns() -> Scenario:
    lossy = fault(
        PlaceKind.HOME,
        "exchange",
        amount=0.5,
        course=Course.DUTY,
        period_s=40.0,
        on_share=0.5,
        end_s=400.0,
    )
    return scenario(lossy, until_s=600.0)


NORTH, SOUTH, SITE, CITY_ITSELF = "carrier:north", "carrier:south", "commune:s1", "city"


def test_a_lossy_way_abroad_beside_a_slow_portal_is_reported_to_carriers_alone() -> None:
    """Half of a few echoes a minute is lost: chance decides which line shows it in 5 minutes."""
    told: set[str] = set()
    for seed in range(5):
        played = play(replace(slow_portal_beside_a_lossy_way_abroad(), seed=seed))
        assert not played.assessment.failures(), played.messages
        told |= parties(played)
    assert told == {NORTH, SOUTH}


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (two_full_tables, {SITE}),
        (no_ip6_addresses, {NORTH}),
        (box_that_restarts_under_load, {SITE}),
        (one_carrier_for_both_lines, {SITE}),
        (one_box_for_both_lines, {SITE}),
        (two_dead_name_servers, {NORTH, SOUTH}),
        (two_name_servers_that_answer_no_lookup, {CITY_ITSELF}),
        (two_carriers_that_turn_a_portal_away, set()),
        (one_name_server_after_the_other, {NORTH, SOUTH}),
        (name_server_at_the_edge, {NORTH}),
        (cut_behind_a_core_without_echoes, {NORTH}),
        (lossy_line_without_name_server, {NORTH}),
    ],
)
def test_nobody_else_is_notified_of_simultaneous_faults(
    made: Callable[[], Scenario], told: set[str]
) -> None:
    """Where the device cannot reach the collector, the site is reported as silent."""
    played = play(made())
    assert not played.assessment.failures(), played.messages
    assert parties(played) == told, played.messages


def test_a_line_that_is_cut_where_echoes_are_dropped_is_down_and_a_late_name_server_is_slow() -> (
    None
):
    assert Symptom.ACCESS_SILENT in symptoms(play(cut_behind_a_core_without_echoes()))
    late = symptoms(play(name_server_at_the_edge()))
    assert Symptom.RESOLVER_SLOW in late
    assert Symptom.RESOLVER_SILENT not in late
