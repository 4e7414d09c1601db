"""A day of 126 communes and 300 links: exactly what the script contains, and nothing else."""

import time
from collections import Counter

import pytest

from tests.collector.incidents.storm import COMMUNES, ExpectedIncident, StormScript
from tests.collector.timeline.boot_script import NS, wall_ns
from thongsuot_collector.incidents.incident import ClosureCode, Incident
from thongsuot_collector.incidents.notification_log import NotificationKind


@pytest.fixture(scope="module")
def storm() -> StormScript:
    made = StormScript(seed=126)
    begun = time.process_time()
    made.run()
    print(f"\na day of {COMMUNES} communes in {time.process_time() - begun:.1f} s of CPU")  # noqa: T201
    return made


def opened(storm: StormScript) -> list[Incident]:
    """Return the incidents that somebody was notified of, each once, as they are in the end."""
    names = dict.fromkeys(notification.incident.id for notification in storm.city.notifications)
    return [storm.city.registry.incidents[name] for name in names]


def matches(expected: ExpectedIncident, incident: Incident) -> bool:
    codes = {"site_power", "agent_silent"} if expected.code == "silence" else {expected.code}
    off_s = abs((incident.opened_ns - wall_ns(0)) / NS - expected.onset_s)
    return incident.code in codes and incident.key == expected.key and off_s <= 130


def test_the_notified_parties_are_exactly_those_of_the_script(storm: StormScript) -> None:
    left = opened(storm)
    missing = []
    wrong = []
    for fault in storm.expected:
        incident = next((other for other in left if matches(fault, other)), None)
        if not fault.party:
            assert incident is None or incident.notifications == (), fault
            continue
        if incident is None:
            missing.append(fault)
            continue
        left.remove(incident)
        wrong += [
            (fault, entry) for entry in incident.notifications if str(entry.party) != fault.party
        ]
    expected_count = sum(bool(fault.party) for fault in storm.expected)
    print(  # noqa: T201
        f"\nincidents to tell: {expected_count}, told: {expected_count - len(missing)}, "
        f"not told: {len(missing)}, "
        f"beyond the script: {len(left)}, wrong party: {len(wrong)}, "
        f"false alarms: {storm.false_alarms}"
    )
    assert missing == []
    assert [
        (opened_incident.code, opened_incident.key, opened_incident.closure_code)
        for opened_incident in left
    ] == []
    assert wrong == []
    assert storm.false_alarms == 0


def test_the_record_is_exactly_what_the_script_says(storm: StormScript) -> None:
    left = list(storm.city.registry.incidents.values())
    for fault in storm.expected:
        # What was silence only for the collector is withdrawn when the record arrives.
        may_be_withdrawn = fault.code in {"silence", "many_silent"}
        incident = next(
            other
            for other in left
            if matches(fault, other)
            and (may_be_withdrawn or other.closure_code is ClosureCode.RESTORED)
        )
        left.remove(incident)
    parts = {
        name for recorded in storm.city.registry.incidents.values() for name in recorded.children
    }
    beyond = [
        opened_incident
        for opened_incident in left
        if opened_incident.closure_code is ClosureCode.RESTORED and opened_incident.id not in parts
    ]
    assert [(unexpected.code, unexpected.key, unexpected.opened_ns) for unexpected in beyond] == []


def test_nobody_has_more_than_one_open_notification_of_an_incident(storm: StormScript) -> None:
    duplicates = 0
    for incident in storm.city.registry.incidents.values():
        expects = NotificationKind.OPENED
        for entry in incident.notifications:
            is_opening = entry.kind is NotificationKind.OPENED
            duplicates += is_opening is not (expects is NotificationKind.OPENED)
            expects = (
                NotificationKind.OPENED
                if entry.kind is NotificationKind.RESOLVED
                else NotificationKind.UPDATED
            )
    print(f"\nduplicates: {duplicates}")  # noqa: T201
    assert duplicates == 0
    assert len({event.id for event in storm.city.notifications}) == len(storm.city.notifications)


def test_everything_that_was_notified_was_resolved(storm: StormScript) -> None:
    assert [
        incident.id
        for incident in storm.city.registry.incidents.values()
        if incident.notified_party is not None
    ] == []
    assert [
        incident.id for incident in storm.city.registry.incidents.values() if incident.is_open
    ] == []


def test_no_incident_sends_more_than_six_notifications(storm: StormScript) -> None:
    per_incident = Counter(event.incident.id for event in storm.city.notifications)
    assert max(per_incident.values()) <= 6
