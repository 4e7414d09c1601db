"""Work that is planned from an incident begins with its circuits and its time."""

import msgspec

from tests.collector.incidents.city import CityFixture, healthy_city
from tests.collector.timeline.boot_script import CUT, NS, UP, wall_ns
from thongsuot_collector.incidents.incident import Incident
from thongsuot_collector.maintenance.incident_work import (
    MOST_CHOICES,
    WorkMistake,
    choices,
    first_fields,
    windows_from,
)
from thongsuot_collector.maintenance.proposal import parse_form_moment_ns


def outage(sites: int = 12) -> tuple[CityFixture, Incident]:
    """Return a city in which every fibre of VNPT is cut."""
    city = healthy_city(sites)
    city.run(100)
    for number in range(0, sites, 3):
        city.report(f"s{number}", "fiber", CUT)
    city.run(160)
    return city, city.only("carrier_outage")


def test_circuits_that_have_not_come_back_are_offered_one_by_one() -> None:
    city, _ = outage()
    city.report("s3", "fiber", UP)
    city.run(230)
    offered = choices(city.only("carrier_outage"), city.directory)
    assert {(scope.site, scope.link) for scope in offered.values()} == {
        ("s0", "fiber"),
        ("s6", "fiber"),
        ("s9", "fiber"),
    }


def test_circuits_of_the_carrier_are_offered_by_commune_if_there_are_many() -> None:
    city, incident = outage(3 * (MOST_CHOICES + 1))
    assert len(incident.affected) == MOST_CHOICES + 1
    scopes = choices(incident, city.directory).values()
    assert {(scope.carrier, scope.site, scope.link) for scope in scopes} == {("vnpt", "", "")}
    assert {scope.commune for scope in scopes} == set(incident.communes)


def test_the_form_begins_at_the_onset_and_ends_in_two_hours() -> None:
    city, incident = outage()
    now_ns = wall_ns(city.now_s)
    fields = first_fields(incident, now_ns)
    start_ns = parse_form_moment_ns(fields["start"])
    end_ns = parse_form_moment_ns(fields["end"])
    assert start_ns is not None
    assert end_ns is not None
    assert 0 <= incident.opened_ns - start_ns < 60 * NS
    assert 0 <= now_ns + 7_200 * NS - end_ns < 60 * NS


def test_each_chosen_circuit_gets_a_window_of_its_own() -> None:
    city, incident = outage()
    now_ns = wall_ns(city.now_s)
    offered = choices(incident, city.directory)
    first, second, *_ = offered
    fields = first_fields(incident, now_ns) | {first: "on", second: "on", "note": "Thay cáp"}
    windows = windows_from(fields, offered, now_ns=now_ns)
    assert not isinstance(windows, WorkMistake)
    assert [msgspec.structs.replace(w, id="", start_ns=0, end_ns=0, note="") for w in windows] == [
        offered[first],
        offered[second],
    ]
    assert len({window.id for window in windows}) == 2
    assert {window.note for window in windows} == {"Thay cáp"}
    subjects = [member.subject for member in incident.members]
    covered = [
        subject
        for subject in subjects
        if any(window.covers(subject, city.directory) for window in windows)
    ]
    assert len(covered) == 2


def test_each_mistake_has_its_name() -> None:
    city, incident = outage()
    now_ns = wall_ns(city.now_s)
    offered = choices(incident, city.directory)
    good = first_fields(incident, now_ns) | {next(iter(offered)): "on", "note": "Thay cáp"}
    late = now_ns + 10 * 3_600 * NS
    for changed, mistake in (
        ({next(iter(offered)): ""}, WorkMistake.SCOPE),
        ({"note": ""}, WorkMistake.NOTE),
        ({"end": good["start"]}, WorkMistake.TIME),
        ({"start": "soon"}, WorkMistake.TIME),
        ({"end": "2099-01-01T00:00"}, WorkMistake.LENGTH),
    ):
        assert windows_from(good | changed, offered, now_ns=now_ns) is mistake, changed
    assert windows_from(good, offered, now_ns=late) is WorkMistake.PAST
