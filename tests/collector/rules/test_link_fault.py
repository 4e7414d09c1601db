"""One link of one site: told to whoever must act, and to nobody else."""

import pytest

from tests.collector.incidents.city import CityFixture, healthy_city, inventory
from tests.collector.timeline.boot_script import (
    CUT,
    LOSSY,
    OUT,
    SOMEWHERE,
    UNPLUGGED,
    UP,
    VerdictTriple,
)
from thongsuot_collector.incidents.settings import IncidentSettings
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

BUSY: VerdictTriple = (State.DEGRADED, Segment.LAN, Symptom.LAN_CONGESTED)
QUEUED: VerdictTriple = (State.UNKNOWN, None, Symptom.SLOW_CAUSE_UNKNOWN)
SLOW: VerdictTriple = (State.DEGRADED, Segment.ACCESS, Symptom.ACCESS_SLOW)
WITHOUT_IPV6: VerdictTriple = (State.DEGRADED, Segment.ACCESS, Symptom.IPV6_DOWN)
WITHOUT_IPV4: VerdictTriple = (State.DEGRADED, Segment.ACCESS, Symptom.IPV4_DOWN)


def test_each_segment_goes_to_the_party_that_must_act() -> None:
    made = healthy_city()
    made.report("s0", "fiber", UNPLUGGED)
    made.report("s1", "fiber", LOSSY)
    made.report("s2", "5g", OUT)
    made.run(60)
    assert sorted((line[3], line[4]) for line in made.notification_lines()) == [
        ("link_fault", "carrier:viettel"),
        ("link_fault", "carrier:vnpt"),
        ("link_fault", "commune:s0"),
    ]


def test_a_fault_without_a_known_location_is_not_notified_at_once() -> None:
    made = healthy_city()
    made.report("s0", "fiber", SOMEWHERE)
    made.run(60)
    assert made.notifications == []
    made.report("s0", "fiber", CUT)
    made.run(70)
    assert made.notification_lines() == [(63, "opened", "started", "link_fault", "carrier:vnpt")]


def test_the_traffic_of_the_site_itself_is_shown_and_notifies_nobody() -> None:
    made = healthy_city()
    made.report("s0", "fiber", BUSY)
    made.run(400)
    assert made.notifications == []
    assert made.only("link_fault").severity == "warning"


def test_ipv6_alone_that_is_dead_is_recorded_and_notifies_nobody() -> None:
    made = healthy_city()
    made.report("s0", "fiber", WITHOUT_IPV6)
    made.run(400)
    assert made.notifications == []
    assert (made.only("link_fault").is_open, made.only("link_fault").severity) == (True, "warning")


def test_a_line_that_loses_ipv4_as_well_as_ipv6_is_reported_to_its_carrier() -> None:
    made = healthy_city()
    made.report("s0", "fiber", WITHOUT_IPV6)
    made.run(200)
    made.report("s0", "fiber", CUT)
    made.run(270)
    assert [line[4] for line in made.notification_lines()] == ["carrier:vnpt"]


def test_a_line_on_which_ipv4_alone_is_dead_is_reported_to_its_carrier() -> None:
    made = healthy_city()
    made.report("s0", "fiber", WITHOUT_IPV4)
    made.run(400)
    assert [line[4] for line in made.notification_lines()] == ["carrier:vnpt"]


def test_a_site_that_has_no_line_left_is_critical_and_one_that_has_is_not() -> None:
    made = healthy_city()
    made.report("s0", "fiber", CUT)
    assert made.only("link_fault").severity == "major"
    made.report("s0", "5g", CUT)
    assert [incident.severity for incident in made.incidents("link_fault")] == [
        "critical",
        "critical",
    ]


def test_late_news_of_a_line_that_is_well_again_alarms_nobody() -> None:
    made = healthy_city()
    made.run(32)
    made.cut_uplink("s0")
    made.report("s0", "fiber", CUT, onset_s=32)
    made.run(68)
    # It lives again and carries the news; that it does is known to the agent half a minute later.
    made.restore_uplink("s0")
    made.run(99)
    assert made.only("link_fault").is_open
    made.report("s0", "fiber", UP, onset_s=67)
    made.run(200)
    assert made.notifications == []


def test_a_dead_line_reported_late_is_notified_after_a_short_hold() -> None:
    made = healthy_city()
    made.run(32)
    made.cut_uplink("s0")
    made.report("s0", "fiber", CUT, onset_s=32)
    made.run(68)
    made.restore_uplink("s0")
    made.run(120)
    assert made.notification_lines() == [(108, "opened", "started", "link_fault", "carrier:vnpt")]


def test_a_cell_that_fades_for_minutes_notifies_nobody() -> None:
    """Two fades of 60 and 59 s, a few seconds apart, count as one slow period."""
    made = healthy_city()
    made.run(30)
    made.report("s0", "5g", SLOW)
    made.run(200)
    made.report("s0", "5g", UP)
    made.run(400)
    assert made.notifications == []


def test_a_line_by_radio_that_stays_slow_is_reported_to_its_carrier() -> None:
    made = healthy_city()
    made.run(30)
    made.report("s0", "5g", SLOW)
    made.run(340)
    assert [line[:2] for line in made.notification_lines()] == [(330, "opened")]


@pytest.mark.parametrize("segment", [Segment.ACCESS, Segment.CARRIER])
def test_a_slow_line_is_told_when_a_transfer_would_have_shown_itself(segment: Segment) -> None:
    """A device withdraws a merely steady delay after 21 s (days 38, 67 and 73 of seed 7304)."""
    symptom = Symptom.ACCESS_SLOW if segment is Segment.ACCESS else Symptom.CARRIER_SLOW
    made = healthy_city()
    made.run(30)
    made.report("s0", "fiber", (State.DEGRADED, segment, symptom))
    made.report("s1", "fiber", (State.DEGRADED, segment, symptom))
    made.run(51)
    made.report("s0", "fiber", QUEUED)
    made.run(74)
    assert made.notifications == []
    made.run(79)
    assert [line[:2] for line in made.notification_lines()] == [(75, "opened")]


def test_slowness_beyond_the_carrier_is_not_a_transfer_and_is_reported_sooner() -> None:
    made = healthy_city()
    made.run(30)
    made.report("s0", "fiber", (State.DEGRADED, Segment.TRANSIT, Symptom.TRANSIT_SLOW))
    made.run(49)
    assert [line[:2] for line in made.notification_lines()] == [(45, "opened")]


def test_cells_fading_at_the_same_time_are_not_an_outage() -> None:
    made = CityFixture(inventory(4, ("vnpt",)))
    made.start()
    made.run(30)
    for site in ("s0", "s1", "s2", "s3"):
        made.report(site, "5g", SLOW)
    made.run(120)
    for site in ("s0", "s1", "s2", "s3"):
        made.report(site, "5g", UP)
    made.run(300)
    assert made.notifications == []


def test_a_site_is_asked_to_pause_its_transfers_after_a_quarter_of_an_hour() -> None:
    made = healthy_city()
    made.run(30)
    made.report("s0", "fiber", QUEUED)
    made.run(929)
    assert made.notifications == []
    made.run(935)
    assert made.notification_lines() == [(930, "opened", "started", "link_fault", "commune:s0")]


def test_a_site_is_asked_once_a_day_to_pause_its_transfers_over_a_line() -> None:
    made = CityFixture(
        inventory(1, ("vnpt", "viettel")),
        settings=IncidentSettings(own_queue_hold_s=10.0, repeat_s=300.0),
    )
    made.start()
    for begins_s in (30, 130, 400):
        made.run(begins_s)
        made.report("s0", "fiber", QUEUED)
        made.run(begins_s + 20)
        # Told for what it was: what it turns out to be later changes nothing.
        made.report("s0", "fiber", BUSY)
        made.run(begins_s + 30)
        made.report("s0", "fiber", UP)
    made.run(460)
    opened = [line[0] for line in made.notification_lines() if line[1] == "opened"]
    assert opened == [40, 410]


def test_each_line_of_a_site_has_a_request_of_its_own() -> None:
    made = CityFixture(
        inventory(1, ("vnpt", "viettel")), settings=IncidentSettings(own_queue_hold_s=10.0)
    )
    made.start()
    for begins_s, line in ((30, "fiber"), (130, "5g")):
        made.run(begins_s)
        made.report("s0", line, QUEUED)
        made.run(begins_s + 20)
        made.report("s0", line, UP)
    made.run(200)
    assert [line[0] for line in made.notification_lines() if line[1] == "opened"] == [40, 140]
