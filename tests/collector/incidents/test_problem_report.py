"""What a person reports is an incident: one a point, told once, and gone from memory in the end."""

import msgspec
import pytest

from tests.collector.incidents.city import healthy_city
from thongsuot_collector.errors import AnswerImpossible
from thongsuot_collector.incidents.incident import HoldOff, IncidentStatus, ProblemReport
from thongsuot_collector.incidents.problem_report import (
    AGAIN_AFTER_NS,
    REPORTS_NOTED,
    answer_report,
    open_report,
    report_problem,
)
from thongsuot_collector.incidents.settings import IncidentSettings
from thongsuot_schema.problem import ProblemKind

SLOW = ProblemReport(kind=ProblemKind.SLOW)
FAILS = ProblemReport(kind=ProblemKind.PAGE_FAILS)


def test_a_point_has_one_open_report_and_further_ones_are_added_to_its_history() -> None:
    city = healthy_city()
    now_ns = city.registry.network_state.now_ns
    first = report_problem(city.registry, "s0", SLOW, at_ns=now_ns, now_ns=now_ns)
    assert first is not None
    again = report_problem(city.registry, "s0", FAILS, at_ns=now_ns + 1, now_ns=now_ns + 1)
    assert again is None, "a button that is pressed twice"
    later_ns = now_ns + AGAIN_AFTER_NS
    other = report_problem(city.registry, "s0", FAILS, at_ns=later_ns, now_ns=later_ns)
    assert other is not None
    assert other.id == first.id
    assert other.history[-1].about == "page_fails"
    elsewhere = report_problem(city.registry, "s1", SLOW, at_ns=now_ns, now_ns=now_ns)
    assert elsewhere is not None
    assert elsewhere.id != first.id


def test_reports_of_one_device_are_limited() -> None:
    city = healthy_city()
    now_ns = city.registry.network_state.now_ns
    taken = 0
    for number in range(200):
        at_ns = now_ns + number * AGAIN_AFTER_NS
        taken += report_problem(city.registry, "s0", SLOW, at_ns=at_ns, now_ns=at_ns) is not None
    assert taken == REPORTS_NOTED
    report = open_report(city.registry, "s0")
    assert report is not None
    assert len(report.history) == REPORTS_NOTED


def test_a_report_is_notified_at_once_and_resolved_when_answered() -> None:
    city = healthy_city()
    now_ns = city.registry.network_state.now_ns
    report_problem(city.registry, "s0", SLOW, at_ns=now_ns, now_ns=now_ns)
    city.run(city.now_s + 5)
    assert [line[1:] for line in city.notification_lines()] == [
        ("opened", "started", "problem_reported", "city")
    ]
    incident = open_report(city.registry, "s0")
    assert incident is not None
    assert {shown.subject.link for shown in incident.member_evidence} > {""}, "what was measured"
    city.run(city.now_s + 3_600)
    assert len(city.notifications) == 1, "nothing but an answer ends it"
    now_ns = city.registry.network_state.now_ns
    answer_report(city.registry, incident.id, person="Lan", text="xong", now_ns=now_ns)
    city.run(city.now_s + 5)
    assert city.notification_lines()[-1][1:3] == ("resolved", "ended")
    assert open_report(city.registry, "s0") is None
    with pytest.raises(AnswerImpossible):
        answer_report(city.registry, incident.id, person="Lan", text="xong", now_ns=now_ns)


def test_answered_reports_are_purged_with_everything_that_refers_to_them() -> None:
    city = healthy_city(settings=IncidentSettings(kept_s=3_600.0))
    now_ns = city.registry.network_state.now_ns
    incident = report_problem(city.registry, "s0", SLOW, at_ns=now_ns, now_ns=now_ns)
    assert incident is not None
    answer_report(city.registry, incident.id, person="Lan", text="xong", now_ns=now_ns + 1)
    city.run(city.now_s + city.registry.settings.kept_s + 7_200)
    assert incident.id not in city.registry.incidents
    assert city.registry.incidents_holding(incident.id) == []


def test_answering_something_that_is_not_a_report_fails() -> None:
    city = healthy_city()
    with pytest.raises(KeyError):
        answer_report(city.registry, "20261130-00000000", person="Lan", text="xong", now_ns=1)


def test_a_new_problem_is_added_to_the_latest_open_report() -> None:
    city = healthy_city()
    now_ns = city.registry.network_state.now_ns
    names = []
    for number in range(3):
        at_ns = now_ns + number * AGAIN_AFTER_NS
        report = report_problem(city.registry, "s0", SLOW, at_ns=at_ns, now_ns=at_ns)
        assert report is not None
        names.append(report.id)
        if number < 2:
            answer_report(city.registry, report.id, person="Lan", text="xong", now_ns=at_ns + 1)
    earlier = msgspec.structs.replace(
        city.registry.incidents[names[0]], status=IncidentStatus.OPEN, closure_code=None
    )
    city.registry.put_incident(earlier)
    latest = open_report(city.registry, "s0")
    assert latest is not None
    assert latest.id == names[2]


@pytest.mark.parametrize(("later_s", "is_noted"), [(60, True), (59, False)])
def test_a_report_is_noted_again_a_minute_after_the_latest(later_s: int, *, is_noted: bool) -> None:
    city = healthy_city()
    now_ns = city.registry.network_state.now_ns
    report_problem(city.registry, "s0", SLOW, at_ns=now_ns, now_ns=now_ns)
    later_ns = now_ns + later_s * 1_000_000_000
    again = report_problem(city.registry, "s0", FAILS, at_ns=later_ns, now_ns=later_ns)
    assert (again is not None) is is_noted


def test_a_report_has_no_hold() -> None:
    city = healthy_city()
    now_ns = city.registry.network_state.now_ns
    report = report_problem(city.registry, "s0", SLOW, at_ns=now_ns - 5, now_ns=now_ns)
    assert report is not None
    assert report.hold_off == HoldOff(from_ns=now_ns, hold_s=0.0, limit_s=0.0)
    assert (report.opened_ns, report.known_ns) == (now_ns - 5, now_ns)
