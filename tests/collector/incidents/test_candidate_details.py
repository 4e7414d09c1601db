"""An incident of very many members is brought up to date in short steps, and nothing gets lost."""

import math
import sys
from collections.abc import Generator
from types import FrameType

import pytest

from tests.collector.incidents.city import CityFixture, inventory
from thongsuot_collector.incidents import candidate_details
from thongsuot_collector.incidents.actions import acknowledge
from thongsuot_collector.incidents.candidate_details import MEMBERS_A_STEP
from thongsuot_collector.incidents.rule import GroupKey
from thongsuot_collector.incidents.update import update_group_in_steps

SITES = 1_200
SILENT: GroupKey = ("many_silent", "devices")


@pytest.fixture(scope="module")
def silent_city() -> CityFixture:
    """A city whose devices have all fallen silent at once."""
    city = CityFixture(inventory(SITES, ("vnpt", "viettel"), communes=126), push_s=100_000)
    city.start()
    city.cut_uplink(*city.devices)
    city.now_s += 600
    for device in city.devices.values():
        city.rewrites += device.timeline.tick(city.present(), city.timeline_settings)
    city.advance()
    return city


def calls_of_each_step(steps: Generator[None, None, None]) -> list[int]:
    """Run some steps; return how many functions each has called, which no clock disturbs."""
    counts = [0]

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        counts[-1] += event == "call"

    sys.setprofile(count)
    try:
        for _ in steps:
            counts.append(0)  # noqa: PERF401 - each step counts into the last of them
    finally:
        sys.setprofile(None)
    return counts


def test_no_step_looks_at_more_than_a_part_of_the_members(silent_city: CityFixture) -> None:
    _finding, *details = calls_of_each_step(update_group_in_steps(silent_city.registry, SILENT))
    parts = math.ceil(SITES / MEMBERS_A_STEP)
    assert len(details) > 2 * parts
    of_a_part = sum(details) / SITES * MEMBERS_A_STEP
    assert max(details) <= 1.1 * of_a_part


def test_all_members_are_in_the_incident(
    silent_city: CityFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_parts = silent_city.only("many_silent")
    assert len(in_parts.members) == len(in_parts.member_evidence) == SITES
    assert {str(member.subject.site) for member in in_parts.members} == set(silent_city.devices)
    monkeypatch.setattr(candidate_details, "MEMBERS_A_STEP", SITES)
    for _ in update_group_in_steps(silent_city.registry, SILENT):
        pass
    assert silent_city.only("many_silent") == in_parts


def test_an_acknowledgement_between_two_update_steps_is_kept(
    silent_city: CityFixture,
) -> None:
    incident = silent_city.only("many_silent")
    steps = update_group_in_steps(silent_city.registry, SILENT)
    next(steps)
    next(steps)
    acknowledge(silent_city.registry, incident.id, "an", incident.opened_ns)
    for _ in steps:
        pass
    taken_on = silent_city.only("many_silent").acknowledgement
    assert taken_on is not None
    assert taken_on.owner == "an"
