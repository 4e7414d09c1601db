"""From a change to its notifications: holds, ends and restarts."""

from tests.collector.incidents.city import healthy_city
from tests.collector.timeline.boot_script import CUT, LOSSY, NS, UNPLUGGED, UP, wall_ns
from thongsuot_collector.incidents.incident import ClosureCode


def test_a_cut_line_is_reported_to_its_carrier_within_seconds_and_so_is_its_end() -> None:
    made = healthy_city()
    made.report("s0", "fiber", CUT, onset_s=27)
    made.run(100)
    made.report("s0", "fiber", UP, onset_s=92)
    made.run(200)
    assert made.notification_lines() == [
        (33, "opened", "started", "link_fault", "carrier:vnpt"),
        (122, "resolved", "ended", "link_fault", "carrier:vnpt"),
    ]
    incident = made.only("link_fault")
    assert (incident.opened_ns, incident.closed_ns) == (wall_ns(27), wall_ns(92))
    assert (incident.closure_code, incident.error_s) == (ClosureCode.RESTORED, 0.01)


def test_a_fault_that_is_over_before_its_hold_is_recorded_and_notifies_nobody() -> None:
    made = healthy_city()
    made.report("s0", "fiber", CUT)
    made.run(32)
    made.report("s0", "fiber", UP)
    made.run(120)
    assert made.notifications == []
    assert made.only("link_fault").closed_ns == wall_ns(32)


def test_a_line_that_comes_and_goes_is_one_incident_while_the_pauses_are_short() -> None:
    made = healthy_city()
    for at in range(30, 130, 20):
        made.report("s0", "fiber", CUT)
        made.run(at + 10)
        made.report("s0", "fiber", UP)
        made.run(at + 20)
    made.run(300)
    assert [line[1] for line in made.notification_lines()] == ["opened", "resolved"]
    assert made.only("link_fault").closed_ns == wall_ns(120)


def test_a_fault_that_moves_to_another_party_is_taken_back_from_the_first() -> None:
    made = healthy_city()
    made.report("s0", "fiber", CUT)
    made.run(60)
    made.report("s0", "fiber", UNPLUGGED)
    made.run(100)
    assert made.notification_lines() == [
        (33, "opened", "started", "link_fault", "carrier:vnpt"),
        (63, "resolved", "reassigned", "link_fault", "carrier:vnpt"),
        (63, "opened", "started", "link_fault", "commune:s0"),
    ]


def test_a_fault_that_grows_worse_is_notified_again_and_one_that_only_changes_later() -> None:
    made = healthy_city()
    made.report("s0", "fiber", LOSSY)
    made.run(50)
    made.report("s0", "fiber", CUT)
    made.run(100)
    assert [(line[0], line[2]) for line in made.notification_lines()] == [
        (45, "started"),
        (75, "worse"),
    ]
    made.report("s0", "fiber", LOSSY)
    made.run(674)
    assert len(made.notifications) == 2
    made.run(680)
    assert (made.notification_lines()[-1][0], made.notification_lines()[-1][2]) == (675, "changed")


def test_an_incident_names_the_batches_and_evidence_it_rests_on() -> None:
    made = healthy_city()
    made.report("s0", "fiber", CUT, onset_s=27)
    made.run(60)
    made.report("s0", "fiber", UP)
    made.run(120)
    evidence_item = made.only("link_fault").member_evidence[0]
    pieces = {piece.number: piece for piece in made.devices["s0"].script.pieces}
    (batch,) = evidence_item.batches
    assert pieces[batch.number].digest == batch.digest
    assert pieces[batch.number].changes[0].verdict.evidence == evidence_item.evidence
    assert evidence_item.evidence


def test_a_fault_that_still_continues_when_its_report_arrives_is_notified() -> None:
    made = healthy_city()
    made.run(32)
    made.cut_uplink("s0")
    made.run(34)
    made.report("s0", "fiber", CUT, onset_s=32)
    made.report("s0", "5g", CUT, onset_s=33)
    made.run(3_000)
    made.report("s0", "5g", UP, onset_s=2_990)
    made.restore_uplink("s0")
    made.run(3_100)
    assert made.notification_lines()[1:] == [
        (3_000, "resolved", "withdrawn", "site_power", "commune:s0"),
        (3_040, "opened", "started", "link_fault", "carrier:vnpt"),
    ]
    assert made.notifications[-1].incident.opened_ns == wall_ns(32)


def test_late_news_of_a_fault_notifies_nobody_while_newer_batches_are_missing() -> None:
    made = healthy_city()
    made.run(32)
    device = made.devices["s0"]
    made.cut_uplink("s0")
    made.run(34)
    made.report("s0", "fiber", CUT, onset_s=32)
    made.run(200)
    made.report("s0", "fiber", UP, onset_s=195)
    made.run(1_000)
    count_before = len(made.notifications)
    spool, device.spool = device.spool, []
    made.restore_uplink("s0")
    news = [piece for piece in spool if piece.changes]
    made.apply_summary(device, news[0])
    made.run(1_120)
    assert [line[1:3] for line in made.notification_lines()[count_before:]] == [
        ("resolved", "ended")
    ]
    for piece in spool:
        made.apply_summary(device, piece)
    made.run(1_300)
    assert len(made.notifications) == count_before + 1
    assert made.only("link_fault").closed_ns == wall_ns(195)


def test_a_fault_is_believed_to_continue_if_nothing_else_arrives_for_long() -> None:
    made = healthy_city()
    made.run(32)
    device = made.devices["s0"]
    made.cut_uplink("s0")
    made.run(34)
    made.report("s0", "fiber", CUT, onset_s=32)
    made.run(1_000)
    count_before = len(made.notifications)
    spool, device.spool = device.spool, []
    made.restore_uplink("s0")
    made.apply_summary(device, next(piece for piece in spool if piece.changes))
    made.run(1_590)
    assert [line[1] for line in made.notification_lines()[count_before:]] == ["resolved"]
    made.run(1_670)
    assert made.notification_lines()[-1][1:] == ("opened", "started", "link_fault", "carrier:vnpt")


def test_while_it_catches_up_nobody_is_notified_and_then_only_of_what_continues() -> None:
    made = healthy_city()
    made.is_listening = False
    made.report("s0", "fiber", CUT)
    made.report("s1", "fiber", CUT)
    made.run(100)
    made.report("s0", "fiber", UP)
    made.run(200)
    assert made.notifications == []
    made.is_listening = True
    made.run(210)
    assert made.notification_lines() == [
        (201, "opened", "started", "link_fault", "carrier:viettel")
    ]


def test_every_fault_is_notified_by_itself_or_in_a_larger_one_within_the_bound() -> None:
    made = healthy_city(sites=60)
    for at in range(30, 70, 2):
        made.run(at)
        made.report(f"s{(at - 30) // 2 * 3}", "fiber", CUT)
    made.run(200)
    limit_ns = round(made.settings.hold_limit_s * NS)
    for incident in made.incidents("link_fault"):
        names = {incident.id, *incident.parents}
        first = min(
            notification.record.at_ns
            for notification in made.notifications
            if notification.incident.id in names
        )
        assert first <= incident.known_ns + limit_ns


def test_an_outage_shows_what_its_first_twelve_members_rest_on() -> None:
    made = healthy_city(sites=42)
    for number in range(0, 42, 3):
        made.report(f"s{number}", "fiber", CUT)
    made.run(120)
    shown = [bool(member.evidence) for member in made.only("carrier_outage").member_evidence]
    assert shown == [True] * 12 + [False] * 2
