"""A service that fails at one site."""

from tests.collector.incidents.city import PORTAL, healthy_city
from tests.collector.timeline.boot_script import CUT, REFUSES


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


def test_a_service_that_fails_for_the_lines_sake_is_no_incident_of_its_own() -> None:
    made = healthy_city()
    made.report("s0", "fiber", CUT)
    made.report("s0", f"fiber/{PORTAL}", CUT)
    made.report("s0", f"/{PORTAL}", CUT)
    made.run(300)
    assert [incident.code for incident in made.incidents()] == ["link_fault"]
