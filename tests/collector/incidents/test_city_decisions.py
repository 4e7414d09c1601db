"""What engineers of the city decide of incidents stands against the automatic grouping."""

import msgspec
import pytest

from tests.collector.incidents.city import CityFixture, healthy_city
from tests.collector.timeline.boot_script import CUT, LOSSY, UP, wall_ns
from thongsuot_collector.errors import AnswerImpossible
from thongsuot_collector.incidents import city_decisions
from thongsuot_collector.incidents.decision import Placement
from thongsuot_collector.incidents.incident import ClosureCode, Incident
from thongsuot_collector.incidents.update import _hand_over_placement
from thongsuot_collector.timeline.subject import Subject

OF_VNPT = ("s0", "s3", "s6", "s9")


def incident_of(city: CityFixture, site: str) -> Incident:
    (incident,) = (
        incident
        for incident in city.incidents("link_fault")
        if incident.members[0].subject == Subject(site, "fiber")
    )
    return incident


def outage_and_stranger() -> tuple[CityFixture, Incident, Incident]:
    """Return a city with an outage of VNPT, and a fault of another carrier a little later."""
    city = healthy_city()
    city.run(100)
    for site in OF_VNPT:
        city.report(site, "fiber", CUT)
    city.run(160)
    city.report("s1", "fiber", CUT)
    city.run(200)
    outage = city.only("carrier_outage")
    assert outage.notified_party is not None
    assert incident_of(city, "s1").notified_party is not None
    return city, outage, incident_of(city, "s1")


def merge(city: CityFixture, name: str, into: str) -> None:
    city_decisions.merge(
        city.registry, name, into, by="Lan", reason="cùng tuyến cáp", now_ns=wall_ns(city.now_s)
    )


def split(city: CityFixture, name: str, member: str) -> None:
    city_decisions.split(
        city.registry, name, member, by="Lan", reason="cáp riêng", now_ns=wall_ns(city.now_s)
    )


def close(city: CityFixture, name: str) -> None:
    city_decisions.close(
        city.registry, name, by="Lan", reason="trả kênh", now_ns=wall_ns(city.now_s)
    )


def test_a_merged_incident_is_announced_in_the_other_one_at_once() -> None:
    city, outage, stranger = outage_and_stranger()
    notified_before = len(city.notifications)
    merge(city, stranger.id, outage.id)
    city.run(202)
    assert [line[1:] for line in city.notification_lines(notified_before)] == [
        ("updated", "changed", "carrier_outage", "carrier:vnpt"),
        ("resolved", "absorbed", "link_fault", "carrier:viettel"),
    ]
    outage, stranger = city.only("carrier_outage"), incident_of(city, "s1")
    assert stranger.parents == (outage.id,)
    assert stranger.id in outage.children
    assert outage.sites == ("s0", "s1", "s3", "s6", "s9")
    assert outage.open_members == 5
    assert outage.total is not None
    assert outage.total >= 5
    assert outage.members[-1].subject.site == "s1", "its own members stay the first"
    events = [(entry.event, entry.about) for entry in outage.history]
    assert ("took in", f"{stranger.id}: Lan: cùng tuyến cáp") in events
    city.run(1_000)
    assert len(city.notifications) == notified_before + 2, "nothing is told twice"


def test_a_merge_survives_restarts_and_changes_of_members() -> None:
    city, outage, stranger = outage_and_stranger()
    merge(city, stranger.id, outage.id)
    # The crash comes before anything followed from it.
    city.restart()
    city.run(203)
    assert incident_of(city, "s1").parents == (outage.id,)
    city.report("s0", "fiber", UP)
    city.run(260)
    city.report("s4", "fiber", CUT)
    city.run(300)
    assert incident_of(city, "s1").parents == (outage.id,)
    city.report("s1", "fiber", UP)
    city.run(360)
    ended = incident_of(city, "s1")
    assert (ended.closure_code, ended.parents) == (ClosureCode.RESTORED, ())
    member = next(m for m in city.only("carrier_outage").members if m.subject.site == "s1")
    assert member.end_ns == wall_ns(300), "the larger one says when it came back"


def test_a_merged_fault_that_outlasts_the_outage_is_notified_again() -> None:
    city, outage, stranger = outage_and_stranger()
    merge(city, stranger.id, outage.id)
    city.run(210)
    notified_before = len(city.notifications)
    for site in OF_VNPT:
        city.report(site, "fiber", UP)
    city.run(400)
    assert not city.only("carrier_outage").is_open
    assert city.notification_lines(notified_before)[-1][1:] == (
        "opened",
        "released",
        "link_fault",
        "carrier:viettel",
    )
    assert incident_of(city, "s1").parents == ()


def test_one_incident_can_be_part_of_another_single_one_and_be_taken_out_again() -> None:
    city = healthy_city()
    city.run(100)
    city.report("s0", "fiber", CUT)
    city.report("s1", "fiber", CUT)
    city.run(150)
    first, second = incident_of(city, "s0"), incident_of(city, "s1")
    merge(city, second.id, first.id)
    city.run(152)
    assert incident_of(city, "s0").sites == ("s0", "s1")
    with pytest.raises(AnswerImpossible, match="target"):
        merge(city, first.id, second.id)
    with pytest.raises(AnswerImpossible, match="part"):
        merge(city, second.id, first.id)
    split(city, first.id, second.id)
    city.run(154)
    assert incident_of(city, "s0").sites == ("s0",)
    assert incident_of(city, "s0").merged_fault_ids == ()
    alone = incident_of(city, "s1")
    assert (alone.parents, alone.placement) == ((), None), "the automatic grouping may take it"


def test_a_split_member_stays_separate_and_is_notified_by_itself() -> None:
    city, outage, _ = outage_and_stranger()
    member = incident_of(city, "s3")
    notified_before = len(city.notifications)
    split(city, outage.id, member.id)
    city.run(300)
    assert city.notification_lines(notified_before) == [
        (201, "updated", "changed", "carrier_outage", "carrier:vnpt"),
        (261, "opened", "released", "link_fault", "carrier:vnpt"),
    ]
    assert city.only("carrier_outage").sites == ("s0", "s6", "s9")
    # News of both, and a restart: each would group it again.
    city.report("s3", "fiber", LOSSY)
    city.report("s6", "5g", CUT)
    city.restart()
    city.run(400)
    alone = incident_of(city, "s3")
    assert (alone.is_open, alone.parents) == (True, ())
    assert "s3" not in city.only("carrier_outage").sites
    city.report("s3", "fiber", UP)
    city.run(460)
    assert incident_of(city, "s3").closure_code is ClosureCode.RESTORED


def test_only_members_can_be_taken_out_of_an_outage() -> None:
    city, outage, stranger = outage_and_stranger()
    with pytest.raises(AnswerImpossible, match="member"):
        split(city, outage.id, stranger.id)
    with pytest.raises(AnswerImpossible, match="member"):
        split(city, stranger.id, "nosuch")


def test_closing_an_incident_is_notified_and_its_record_continues() -> None:
    city, _, stranger = outage_and_stranger()
    notified_before = len(city.notifications)
    close(city, stranger.id)
    closed_s = city.now_s
    city.run(260)
    city.report("s1", "5g", LOSSY)
    city.run(300)
    assert city.notification_lines(notified_before)[0][1:] == (
        "resolved",
        "closed_by_city",
        "link_fault",
        "carrier:viettel",
    )
    closed = incident_of(city, "s1")
    assert (closed.is_open, closed.closure_code) == (False, ClosureCode.CLOSED_BY_CITY)
    assert closed.closed_ns == wall_ns(closed_s)
    assert closed.members[0].end_ns is None, "nobody says that the line works"
    city.report("s1", "fiber", UP)
    city.run(360)
    restored = incident_of(city, "s1")
    assert (restored.closure_code, restored.closed_ns) == (ClosureCode.RESTORED, wall_ns(300))
    assert restored.closing is not None
    assert restored.closing.reason == "trả kênh"
    assert [entry.about for entry in restored.history if entry.event == "closed"] == ["restored"]
    city.report("s1", "fiber", CUT)
    city.run(420)
    later = city.incidents("link_fault")[-1]
    assert later.members[0].subject == Subject("s1", "fiber")
    assert later.id != restored.id
    assert later.is_open, "what fails after it is a new incident"
    assert later.notified_party is not None


def test_a_closed_incident_that_grows_or_worsens_is_reopened() -> None:
    city = healthy_city()
    city.run(100)
    city.report("s1", "fiber", LOSSY)
    city.run(400)
    lossy = incident_of(city, "s1")
    close(city, lossy.id)
    city.run(410)
    assert not incident_of(city, "s1").is_open
    city.report("s1", "fiber", CUT)
    city.run(450)
    again = incident_of(city, "s1")
    assert (again.is_open, again.closing) == (True, None)
    assert again.notified_party is not None

    city, outage, _ = outage_and_stranger()
    close(city, outage.id)
    city.run(300)
    assert not city.only("carrier_outage").is_open
    notified_before = len(city.notifications)
    city.run(320)
    assert city.notification_lines(notified_before) == [], (
        "its circuits are not told one by one instead"
    )
    assert incident_of(city, "s3").parents == (outage.id,)
    city.report("s2", "5g", CUT)  # a 5G link of VNPT's is none of that sort
    city.report("s3", "fiber", UP)
    city.run(400)
    city.report("s3", "fiber", CUT)
    city.run(460)
    assert city.only("carrier_outage").is_open, "one of its circuits has failed anew"


def test_a_person_opens_again_what_a_person_has_closed() -> None:
    city, _, stranger = outage_and_stranger()
    now_ns = wall_ns(city.now_s)
    with pytest.raises(AnswerImpossible, match="not_closed"):
        city_decisions.reopen(city.registry, stranger.id, by="Lan", reason="nhầm", now_ns=now_ns)
    close(city, stranger.id)
    city.run(210)
    notified_before = len(city.notifications)
    city_decisions.reopen(
        city.registry, stranger.id, by="Lan", reason="nhầm", now_ns=wall_ns(city.now_s)
    )
    city.run(300)
    again = incident_of(city, "s1")
    assert (again.is_open, again.closed_ns, again.closing) == (True, None, None)
    assert [line[1] for line in city.notification_lines(notified_before)] == ["opened"]
    close(city, stranger.id)
    city.report("s1", "fiber", UP)
    city.run(360)
    with pytest.raises(AnswerImpossible, match="not_closed"):
        city_decisions.reopen(
            city.registry, stranger.id, by="Lan", reason="nhầm", now_ns=wall_ns(city.now_s)
        )


def test_incidents_merged_in_a_chain_keep_all_parents() -> None:
    city, outage, stranger = outage_and_stranger()
    city.report("s4", "fiber", CUT)
    city.run(240)
    other = incident_of(city, "s4")
    merge(city, other.id, stranger.id)
    city.run(242)
    merge(city, stranger.id, outage.id)
    city.run(244)
    assert {"s1", "s4"} <= set(city.only("carrier_outage").sites)
    assert incident_of(city, "s4").parents == (outage.id, stranger.id)
    assert [incident_of(city, site).notified_party for site in ("s1", "s4")] == [None, None]
    city.report("s4", "fiber", UP)
    city.run(300)
    member = next(m for m in city.only("carrier_outage").members if m.subject.site == "s4")
    assert member.end_ns == wall_ns(244)


def test_a_merged_fault_keeps_its_placement_by_the_city() -> None:
    city, outage, stranger = outage_and_stranger()
    word = Placement(by="Bình", reason="cùng một tuyến cáp", at_ns=wall_ns(201), into="elsewhere")
    gone = msgspec.structs.replace(stranger, placement=word)
    _hand_over_placement(city.registry, gone, None)
    _hand_over_placement(city.registry, stranger, outage)
    assert city.only("carrier_outage").placement is None, "nothing was said of it"
    _hand_over_placement(city.registry, gone, outage)
    assert city.only("carrier_outage").placement == word
    other = msgspec.structs.replace(gone, placement=msgspec.structs.replace(word, by="An"))
    _hand_over_placement(city.registry, other, city.only("carrier_outage"))
    assert city.only("carrier_outage").placement == word, "it has one of its own"
