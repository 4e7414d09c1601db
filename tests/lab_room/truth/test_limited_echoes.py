"""Limited echoes: what an agent that has just started takes for a silent part."""

from dataclasses import replace

import pytest

from tests.lab_room.truth.making import CITY, fault, scenario
from thongsuot_lab.truth.device import SimulatedDevice
from thongsuot_lab.truth.fault import Effect, GeneratedFault, Touch
from thongsuot_lab.truth.places import PlaceKind, SimulatedCity
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

ONE_PORTAL_ABROAD = replace(
    CITY, portals=(CITY.portals[0], replace(CITY.portals[1], is_abroad=True))
)


def faults_of_lines(
    *faults: GeneratedFault, until_s: float, city: SimulatedCity = CITY
) -> list[tuple[str, Symptom]]:
    """Return what the device calls its lines but for ``up``, and not yet measured."""
    made = scenario(*faults, seed=1, until_s=until_s, city=city)
    return [
        (change.verdict.link, change.verdict.symptom)
        for change in SimulatedDevice(made, city.sites[0]).run()
        if change.verdict.state in {State.DOWN, State.DEGRADED} and not change.verdict.service
    ]


@pytest.mark.parametrize("core", ["north", "south"])
def test_a_burst_in_another_order_shows_that_echoes_are_limited(core: str) -> None:
    """Those that are asked last are silent; asked first, the same targets answer."""
    limit = fault(PlaceKind.CORE, core, touch=Touch.ICMP, effect=Effect.POLICED, amount=9.0)
    assert faults_of_lines(replace(limit, start_s=0.0), until_s=12.0) == []


def test_an_exchange_that_answers_no_echoes_is_no_silent_part_for_an_agent_that_starts() -> None:
    """It may never have answered any, and every page comes through it."""
    deaf = replace(fault(PlaceKind.HOME, "exchange", touch=Touch.ICMP), start_s=0.0)
    assert faults_of_lines(deaf, until_s=15.0) == []


@pytest.mark.parametrize(
    ("kind", "name", "city", "symptom"),
    [
        (PlaceKind.HOME, "exchange", CITY, Symptom.TRANSIT_SILENT),
        (
            PlaceKind.ABROAD,
            "transit",
            ONE_PORTAL_ABROAD,
            Symptom.INTERNATIONAL_TRANSIT_SILENT,
        ),
    ],
)
def test_a_silent_part_that_pages_do_not_come_through_either_is_known_at_the_start(
    kind: PlaceKind, name: str, city: SimulatedCity, symptom: Symptom
) -> None:
    dead = replace(fault(kind, name), start_s=0.0)
    found = faults_of_lines(dead, until_s=6.0, city=city)
    assert sorted(found) == [("fixed", symptom), ("mobile", symptom)]
