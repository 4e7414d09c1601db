"""When an incident is told: at once after its hold, later where a third witness may decide."""

import pytest

from tests.collector.incidents.city import healthy_city
from tests.collector.timeline.boot_script import CUT, NS
from thongsuot_collector.incidents.notification_policy import next_check_ns


def seconds_until_told(company_s: float | None) -> float:
    """Return how long after its cut a line is told of, when another was cut so long before."""
    city = healthy_city()
    cut_s = 300.0
    if company_s is not None:
        city.run(cut_s - company_s)
        city.report("s3", "fiber", CUT)  # of the same carrier
    city.run(cut_s)
    city.report("s0", "fiber", CUT)
    now_s = cut_s
    while not any(event.incident.members[0].subject.site == "s0" for event in city.notifications):
        now_s += 0.5
        city.run(now_s)
        assert now_s < cut_s + 60, "it is told of in the end"
    return now_s - cut_s


@pytest.mark.parametrize(
    ("company_s", "is_waited_for"), [(None, False), (1.0, True), (60.0, False)]
)
def test_a_fault_waits_for_a_third_only_shortly_after_a_second(
    company_s: float | None, is_waited_for: bool
) -> None:
    alone_s, told_s = seconds_until_told(None), seconds_until_told(company_s)
    if is_waited_for:
        assert told_s > alone_s + 2.0
    else:
        assert told_s == alone_s


def test_an_incident_without_a_due_step_is_checked_again_in_a_minute() -> None:
    city = healthy_city()
    city.run(300.0)
    city.report("s0", "fiber", CUT)
    city.run(330.0)
    incident, state = city.only("link_fault"), city.registry.network_state
    state.now_ns += 30 * 86_400 * NS
    assert next_check_ns(city.registry, incident) == state.now_ns + 60 * NS
