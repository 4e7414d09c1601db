"""Routes beyond a carrier."""

import pytest

from tests.collector.incidents.city import healthy_city
from tests.collector.timeline.boot_script import VerdictTriple
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

UNREACHED: VerdictTriple = (
    State.DOWN,
    Segment.TRANSIT,
    Symptom.INTERNATIONAL_TRANSIT_SILENT,
)
NO_ABROAD: VerdictTriple = (State.DEGRADED, Segment.TRANSIT, Symptom.INTERNATIONAL_TRANSIT_SILENT)


def test_routes_abroad_are_reported_to_each_carrier_with_its_own_circuits() -> None:
    made = healthy_city()
    for number in range(12):
        made.report(f"s{number}", "fiber", NO_ABROAD)
        made.report(f"s{number}", "fiber/portal", UNREACHED)
    made.run(100)
    assert sorted(line[3:] for line in made.notification_lines()) == [
        ("transit_outage", "carrier:mobifone"),
        ("transit_outage", "carrier:viettel"),
        ("transit_outage", "carrier:vnpt"),
    ]
    assert {incident.total for incident in made.incidents("transit_outage")} == {4}


def test_routes_abroad_without_a_watched_service_are_recorded_and_notify_nobody() -> None:
    """Every service is reachable over the links, so nobody needs what is silent."""
    made = healthy_city()
    for number in range(12):
        made.report(f"s{number}", "fiber", NO_ABROAD)
        made.report(f"s{number}", "fiber/portal", (State.UP, None, Symptom.NONE))
    made.run(400)
    assert made.notification_lines() == []
    assert len(made.incidents("transit_outage")) == 3
    made.report("s0", "fiber/portal", UNREACHED)
    made.run(500)
    lines = [line[3:] for line in made.notification_lines()]
    assert lines == [("transit_outage", "carrier:vnpt")]


@pytest.mark.parametrize(
    "symptom",
    [
        Symptom.SERVICE_SLOW,
        Symptom.SLOW_CAUSE_UNKNOWN,
        Symptom.SERVICE_ERROR,
        Symptom.SERVICE_UNEXPECTED_CONTENT,
        Symptom.CERTIFICATE_EXPIRED,
        Symptom.CERTIFICATE_EXPIRING,
        Symptom.CERTIFICATE_INVALID,
    ],
)
def test_a_service_that_answers_does_not_show_a_silent_route(symptom: Symptom) -> None:
    """A slow service, or one whose certificate expires next week, is reachable all the same."""
    made = healthy_city()
    for number in range(12):
        made.report(f"s{number}", "fiber", NO_ABROAD)
        made.report(f"s{number}", "fiber/portal", (State.UNKNOWN, None, symptom))
    made.run(100)
    assert made.notification_lines() == []
    made.report("s0", "fiber/portal", (State.UNKNOWN, None, Symptom.SERVICE_TIMEOUT))
    made.run(200)
    lines = [line[3:] for line in made.notification_lines()]
    assert lines == [("transit_outage", "carrier:vnpt")]
