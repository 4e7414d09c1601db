"""A service that fails at one site."""

import msgspec
import pytest

from tests.collector.incidents.city import (
    PORTAL,
    PORTAL_TARGET,
    CityFixture,
    healthy_city,
    inventory,
)
from tests.collector.timeline.boot_script import CUT, REFUSES, UP, VerdictTriple
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

NO_ANSWER: VerdictTriple = (State.DOWN, Segment.SERVICE, Symptom.SERVICE_TIMEOUT)


def test_one_site_that_finds_a_service_broken_does_not_call_its_operator() -> None:
    made = healthy_city()
    made.report("s0", f"/{PORTAL}", REFUSES)
    made.run(300)
    assert made.notification_lines() == [(105, "opened", "started", "service_fault", "city")]


def test_the_only_site_that_uses_a_service_is_believed() -> None:
    made = healthy_city(sites=1)
    made.report("s0", f"/{PORTAL}", REFUSES)
    made.run(100)
    assert made.notification_lines() == [
        (33, "opened", "started", "service_fault", f"portal:{PORTAL}")
    ]


def test_a_service_failing_with_its_line_has_no_incident_of_its_own() -> None:
    made = healthy_city()
    made.report("s0", "fiber", CUT)
    made.report("s0", f"fiber/{PORTAL}", CUT)
    made.report("s0", f"/{PORTAL}", CUT)
    made.run(300)
    assert [incident.code for incident in made.incidents()] == ["link_fault"]


@pytest.mark.parametrize("sites", [1, 4])
def test_two_services_that_do_not_answer_at_once_are_looked_at_by_the_city(sites: int) -> None:
    """Their hosts or the path to both: an exchange that drops large packets looks the same."""
    other = msgspec.structs.replace(PORTAL_TARGET, name="motcua")
    plan = msgspec.structs.replace(
        inventory(sites, ("vnpt", "viettel")), targets=(PORTAL_TARGET, other)
    )
    made = CityFixture(plan)
    made.start()
    made.run(30)
    for number in range(sites):
        made.report(f"s{number}", f"/{PORTAL}", NO_ANSWER)
        made.report(f"s{number}", "/motcua", NO_ANSWER)
    made.run(300)
    assert {party for *_, party in made.notification_lines()} == {"city"}


def test_a_single_unreachable_service_is_reported_to_its_operator() -> None:
    made = healthy_city(sites=4)
    for number in range(4):
        made.report(f"s{number}", f"/{PORTAL}", NO_ANSWER)
    made.run(300)
    assert {party for *_, party in made.notification_lines()} == {f"portal:{PORTAL}"}


def test_a_site_left_with_a_fault_that_others_no_longer_see_is_reported_to_the_city() -> None:
    """Once, an operator was called for a portal that worked, because the last verdict was old."""
    made = healthy_city(sites=4)
    for number in range(4):
        made.report(f"s{number}", f"/{PORTAL}", REFUSES)
    made.run(60)
    for number in range(3):
        made.report(f"s{number}", f"/{PORTAL}", UP)
    made.run(400)
    opened = [line[3:] for line in made.notification_lines() if line[1] == "opened"]
    assert opened == [("service_down", f"portal:{PORTAL}"), ("service_fault", "city")]
