"""An outage of a carrier: one incident, its circuits, its children."""

from tests.collector.incidents.city import CityFixture, healthy_city, inventory
from tests.collector.timeline.boot_script import CUT, OUT, UP, wall_ns
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom


def test_an_outage_of_a_carrier_is_one_incident_with_its_circuits() -> None:
    made = healthy_city()
    for at, site in ((30, "s0"), (31, "s3"), (34, "s6"), (35, "s9")):
        made.run(at)
        made.report(site, "fiber", OUT, onset_s=at - 4)
    made.run(400)
    assert made.notification_lines() == [
        (37, "opened", "started", "carrier_outage", "carrier:vnpt")
    ]
    outage = made.only("carrier_outage")
    assert (outage.open_members, outage.total, outage.opened_ns) == (4, 4, wall_ns(26))
    assert outage.communes == ("00001", "00004", "00007", "00010")
    assert outage.sites == ("s0", "s3", "s6", "s9")
    assert outage.children == tuple(
        sorted(incident.id for incident in made.incidents("link_fault"))
    )
    assert all(incident.parents == (outage.id,) for incident in made.incidents("link_fault"))
    assert len(outage.member_evidence) == 4


def test_a_party_notified_of_one_fault_is_told_when_it_joins_an_outage() -> None:
    made = healthy_city()
    made.report("s0", "fiber", OUT)
    made.run(50)
    for site in ("s3", "s6"):
        made.report(site, "fiber", OUT)
    made.run(100)
    assert made.notification_lines() == [
        (33, "opened", "started", "link_fault", "carrier:vnpt"),
        (50, "opened", "started", "carrier_outage", "carrier:vnpt"),
        (50, "resolved", "absorbed", "link_fault", "carrier:vnpt"),
    ]


def test_an_outage_that_grows_and_shrinks_sends_few_notifications() -> None:
    made = healthy_city(sites=30)
    first = [f"s{n}" for n in range(0, 15, 3)]
    later = [f"s{n}" for n in range(15, 30, 3)]
    for site in first:
        made.report(site, "fiber", OUT)
    made.run(100)
    for site in later:
        made.report(site, "fiber", OUT)
    made.run(332)
    outage = made.only("carrier_outage")
    assert (outage.open_members, len(outage.members)) == (10, 10)
    assert [line[1] for line in made.notification_lines()] == ["opened"]
    made.run(400)
    assert [(line[0], line[2]) for line in made.notification_lines()] == [
        (33, "started"),
        (333, "changed"),
    ]
    for site in [*first, *later[:3]]:
        made.report(site, "fiber", UP)
    made.run(500)
    outage = made.only("carrier_outage")
    assert (outage.open_members, len(outage.members), outage.is_open) == (2, 10, True)
    assert [note.event for note in outage.history].count("is up") == 8
    assert len(made.notifications) == 2


def test_faults_left_when_an_outage_ends_are_reported_individually() -> None:
    made = healthy_city()
    for site in ("s0", "s3", "s6", "s9"):
        made.report(site, "fiber", OUT)
    made.run(600)
    for site in ("s0", "s3", "s6"):
        made.report(site, "fiber", UP)
    made.run(800)
    assert made.notification_lines() == [
        (33, "opened", "started", "carrier_outage", "carrier:vnpt"),
        (600, "updated", "changed", "carrier_outage", "carrier:vnpt"),
        (630, "resolved", "ended", "carrier_outage", "carrier:vnpt"),
        (690, "opened", "released", "link_fault", "carrier:vnpt"),
    ]
    left = made.incidents("link_fault")[-1]
    assert [incident.key for incident in made.incidents("link_fault") if incident.is_open] == [
        "s9/fiber"
    ]
    assert left.parents == ()


def test_lines_that_come_back_one_by_one_are_not_notified_individually() -> None:
    made = healthy_city()
    for site in ("s0", "s3", "s6", "s9"):
        made.report(site, "fiber", OUT)
    made.run(600)
    for at, site in ((600, "s0"), (610, "s3"), (620, "s6"), (645, "s9")):
        made.run(at)
        made.report(site, "fiber", UP)
    made.run(900)
    assert [line[1:4] for line in made.notification_lines()] == [
        ("opened", "started", "carrier_outage"),
        ("updated", "changed", "carrier_outage"),
        ("resolved", "ended", "carrier_outage"),
    ]


def test_two_faults_of_one_carrier_are_two_faults() -> None:
    made = healthy_city(sites=60)
    made.report("s0", "fiber", CUT)
    made.report("s3", "fiber", CUT)
    made.run(100)
    assert [line[3] for line in made.notification_lines()] == ["link_fault", "link_fault"]
    assert made.incidents("carrier_outage") == []


def test_faults_of_different_carriers_are_not_put_together() -> None:
    made = healthy_city()
    for site in ("s0", "s1", "s2", "s4"):
        made.report(site, "fiber", CUT)
    made.run(100)
    assert {line[3] for line in made.notification_lines()} == {"link_fault"}


def test_a_silent_site_of_a_carrier_that_is_out_is_not_sent_to_look_for_power() -> None:
    known_inventory = inventory(
        12, ("vnpt", "viettel"), radio=lambda n: "vnpt" if n % 6 == 0 else "viettel"
    )
    made = CityFixture(known_inventory)
    made.start()
    made.run(30)
    made.cut_uplink("s0", "s6")
    for site in ("s2", "s4", "s8", "s10"):
        made.report(site, "fiber", OUT)
    made.run(600)
    assert made.notification_lines() == [
        (33, "opened", "started", "carrier_outage", "carrier:vnpt"),
    ]
    outage = made.only("carrier_outage")
    assert (outage.open_members, outage.total) == (4, 6), "links are counted, not their devices"
    assert {member.subject.site for member in outage.members} >= {"s0", "s6"}


def test_an_outage_reported_late_is_held_until_its_end_may_have_arrived() -> None:
    made = healthy_city()
    _let_news_be_late(made, ("s0", "s3", "s6", "s9"))
    made.run(99)
    for site in ("s0", "s3", "s6", "s9"):
        made.report(site, "fiber", UP, onset_s=67)
    made.run(200)
    assert made.notifications == []
    assert made.only("carrier_outage").closed_ns is not None


def test_an_outage_with_one_report_in_time_is_notified_without_waiting_for_late_ones() -> None:
    made = healthy_city()
    made.run(64)
    made.report("s0", "fiber", OUT, onset_s=60)
    _let_news_be_late(made, ("s3", "s6", "s9"))
    made.run(100)
    assert made.notification_lines()[1] == (
        71,
        "opened",
        "started",
        "carrier_outage",
        "carrier:vnpt",
    )


def _let_news_be_late(made: CityFixture, sites: tuple[str, ...]) -> None:
    """Let sites be cut off at second 32, find that, and be heard again at second 68."""
    made.run(32)
    made.cut_uplink(*sites)
    for site in sites:
        made.report(site, "fiber", OUT, onset_s=32)
    made.run(68)
    made.restore_uplink(*sites)


def test_a_carrier_whose_ipv6_is_dead_is_recorded_and_not_notified() -> None:
    made = healthy_city()
    for site in ("s0", "s3", "s6", "s9"):
        made.report(site, "fiber", (State.DEGRADED, Segment.CARRIER, Symptom.IPV6_DOWN))
    made.run(400)
    assert made.only("carrier_outage").open_members == 4
    assert made.notifications == []
