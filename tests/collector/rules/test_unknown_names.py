"""Names that the inventory does not have."""

from tests.collector.incidents.city import CityFixture, healthy_city
from tests.collector.timeline.boot_script import CUT, NS, REFUSES, UP, VerdictTriple


def report_on_names(city: CityFixture, names: list[str], verdict: VerdictTriple) -> None:
    """Let one device push verdicts on many names at once."""
    device = city.devices["s0"]
    changes = [device.script.change(name, verdict, city.now_s, city.now_s) for name in names]
    city.push(device, changes)
    city.advance()


def test_three_hundred_invented_names_are_one_incident_and_one_notification() -> None:
    city = healthy_city()
    for batch in range(3):
        names = [f"x{batch}-{number}" for number in range(50)]
        report_on_names(city, names, CUT)
        report_on_names(city, [f"/{name}" for name in names], REFUSES)
    city.run(1_000)
    incident = city.only("unknown_names")
    assert len(incident.members) == 300
    assert len(city.registry.incidents) == 1
    assert [line[1:] for line in city.notification_lines()] == [
        ("opened", "started", "unknown_names", "city")
    ]


def test_names_that_come_one_after_the_other_are_one_incident_too() -> None:
    city = healthy_city()
    for number in range(40):
        report_on_names(city, [f"x{number}"], CUT)
        city.run(city.now_s + 100)
        report_on_names(city, [f"x{number}"], UP)
        city.run(city.now_s + 60)
    assert city.only("unknown_names").is_open
    first, *others = [line[1] for line in city.notification_lines()]
    assert (first, set(others)) == ("opened", {"updated"})
    assert len(city.notifications) <= 6, "updates become rarer"
    city.run(city.now_s + 3_700)
    assert not city.only("unknown_names").is_open


def test_faults_of_known_links_are_notified_beside_unknown_names() -> None:
    city = healthy_city()
    report_on_names(city, ["x1"], CUT)
    city.report("s0", "fiber", CUT)
    city.run(100)
    lines = [(line[0], line[3], line[4]) for line in city.notification_lines()]
    assert (33, "link_fault", "carrier:vnpt") in lines
    assert city.only("unknown_names").children == ()
    assert city.only("link_fault").opened_ns <= city.only("unknown_names").known_ns + NS
