"""The registry of incidents: what survives a restart, and what is dropped."""

from dataclasses import replace

import msgspec
import pytest

from tests.collector.incidents.city import healthy_city
from tests.collector.timeline.boot_script import CUT, OUT, UP, wall_ns
from thongsuot_collector.incidents import actions
from thongsuot_collector.incidents.decision import Closing, Placement
from thongsuot_collector.incidents.fault import Fault, FaultPhase
from thongsuot_collector.incidents.incident import (
    HoldOff,
    Incident,
    IncidentMember,
    IncidentStatus,
)
from thongsuot_collector.incidents.notification_log import DeliveryAttempt
from thongsuot_collector.incidents.party import CITY, Severity
from thongsuot_collector.incidents.reducer import pending_notifications
from thongsuot_collector.incidents.registry import IncidentRegistry, RegistrySnapshot
from thongsuot_collector.incidents.rule import GroupRule, RuleSentences
from thongsuot_collector.timeline.interval import Interval
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom
from thongsuot_schema.words.language import Text


def test_a_restart_during_a_hold_neither_loses_nor_repeats_a_notification() -> None:
    made = healthy_city()
    for site in ("s0", "s3", "s6", "s9"):
        made.report(site, "fiber", OUT)
    made.report("s1", "5g", CUT)
    made.restart()
    made.run(40)
    made.restart()
    made.run(100)
    made.report("s1", "5g", UP)
    made.restart()
    made.run(200)
    made.restart()
    made.run(300)
    assert [line[1:] for line in made.notification_lines()] == [
        ("opened", "started", "carrier_outage", "carrier:vnpt"),
        ("opened", "started", "link_fault", "carrier:mobifone"),
        ("resolved", "ended", "link_fault", "carrier:mobifone"),
    ]


def test_reading_the_journal_again_creates_no_incidents() -> None:
    made = healthy_city()
    made.report("s0", "fiber", CUT)
    made.run(100)
    made.report("s0", "fiber", UP)
    made.run(200)
    names = set(made.registry.incidents)
    count_before = len(made.notifications)
    for device in made.devices.values():
        for piece in device.script.pieces:
            made.apply_summary(device, piece)
    made.run(300)
    assert set(made.registry.incidents) == names
    assert len(made.notifications) == count_before


def test_reading_the_same_journal_anew_gives_the_same_incident_ids() -> None:
    first, second = healthy_city(), healthy_city()
    for made in (first, second):
        for site in ("s0", "s3", "s6", "s9"):
            made.report(site, "fiber", OUT)
        made.run(60)
    assert set(first.registry.incidents) == set(second.registry.incidents)


def test_a_name_says_the_day_and_is_short_enough_to_be_read_out() -> None:
    made = healthy_city()
    made.report("s0", "fiber", CUT)
    day, _, digits = made.only("link_fault").id.partition("-")
    assert (day, len(digits)) == ("20261118", 8)


def test_an_acknowledgement_has_an_owner_and_a_note_and_stays() -> None:
    made = healthy_city()
    made.report("s0", "fiber", CUT)
    made.run(40)
    name = made.only("link_fault").id
    actions.acknowledge(made.registry, name, "VNPT NOC", wall_ns(40), note="crew under way")
    actions.add_note(made.registry, name, "splice found", wall_ns(50))
    made.restart()
    made.run(60)
    incident = made.only("link_fault")
    assert incident.acknowledgement is not None
    assert (incident.acknowledgement.owner, incident.acknowledgement.note) == (
        "VNPT NOC",
        "crew under way",
    )
    assert [(note.event, note.about) for note in incident.history[-2:]] == [
        ("acknowledged", "VNPT NOC"),
        ("note", "splice found"),
    ]
    with pytest.raises(KeyError):
        actions.acknowledge(made.registry, "20261118-00000000", "nobody", wall_ns(60))


def test_undelivered_items_are_handed_out_again_after_a_restart() -> None:
    made = healthy_city()
    made.report("s0", "fiber", CUT)
    made.report("s1", "5g", CUT)
    made.run(40)
    first, second = pending_notifications(made.registry)
    assert {first.id, second.id} == {event.id for event in made.notifications}
    failed = DeliveryAttempt(
        channel="email", at_ns=wall_ns(41), is_delivered=False, text="no route"
    )
    actions.record_delivery(made.registry, first.incident.id, 1, failed, is_done=False)
    done = DeliveryAttempt(channel="tmf621", at_ns=wall_ns(42), is_delivered=True, reference="TT-7")
    actions.record_delivery(made.registry, first.incident.id, 1, done, is_done=True)
    made.restart()
    assert [event.id for event in pending_notifications(made.registry)] == [second.id]
    entry = made.registry.incidents[first.incident.id].notifications[0]
    assert [delivery.channel for delivery in entry.deliveries] == ["email", "tmf621"]
    assert entry.deliveries[-1].reference == "TT-7"


def test_changes_are_drained_once() -> None:
    made = healthy_city()
    made.report("s0", "fiber", CUT)
    incidents, faults, forgotten = made.registry.drain_changes()
    assert [incident.code for incident in incidents] == ["link_fault"]
    assert [fault.id for fault in faults] == [incidents[0].id]
    assert forgotten == set()
    assert made.registry.drain_changes() == ([], [], set())
    made.restart()
    assert made.registry.drain_changes() == ([], [], set())


def test_incidents_closed_long_ago_are_dropped_from_memory_and_open_ones_stay() -> None:
    made = healthy_city()
    made.report("s0", "fiber", CUT)
    made.report("s1", "fiber", CUT)
    made.run(100)
    made.report("s0", "fiber", UP)
    made.run(200)
    gone, stays = made.incidents("link_fault")
    if gone.is_open:
        gone, stays = stays, gone
    made.registry.drain_changes()
    made.now_s += 4 * 86_400
    made.advance()
    assert list(made.registry.incidents) == [stays.id]
    assert list(made.registry.faults) == [stays.id]
    assert made.registry.drain_changes()[2] == {gone.id}


def test_an_outage_is_dropped_together_with_its_children_or_not_at_all() -> None:
    made = healthy_city()
    for site in ("s0", "s3", "s6", "s9"):
        made.report(site, "fiber", OUT)
    made.run(200)
    for site in ("s0", "s3", "s6"):
        made.report(site, "fiber", UP)
    made.run(400)
    before = set(made.registry.incidents)
    made.now_s += 4 * 86_400
    made.advance()
    assert set(made.registry.incidents) == before, "one child still goes on"
    made.report("s9", "fiber", UP)
    made.now_s += 60
    made.advance()
    made.now_s += 4 * 86_400
    made.advance()
    assert made.registry.incidents == {}
    assert made.registry.faults == {}


# The book by itself: faults and incidents put into it by hand.

LINK = Subject("s0", "fiber")


def fault(name: str, start_ns: int = 1, *, subject: Subject = LINK, is_over: bool = False) -> Fault:
    down = Interval(
        start_ns=start_ns,
        end_ns=None,
        state=State.DOWN,
        segment=Segment.ACCESS,
        symptom=Symptom.NONE,
    )
    return Fault(
        id=name,
        subject=subject,
        phases=(FaultPhase(interval=down),),
        start_ns=start_ns,
        end_ns=start_ns + 1 if is_over else None,
        known_ns=start_ns,
    )


def incident(
    name: str, *faults: str, code: str = "link_fault", key: str = "k", opened_ns: int = 1
) -> Incident:
    return Incident(
        id=name,
        code=code,
        key=key,
        status=IncidentStatus.OPEN,
        opened_ns=opened_ns,
        known_ns=1,
        state=State.DOWN,
        symptom=Symptom.NONE,
        party=CITY,
        severity=Severity.WARNING,
        hold_off=HoldOff(from_ns=1, hold_s=0.0, limit_s=0.0),
        members=(
            IncidentMember(
                fault_ids=faults,
                subject=LINK,
                start_ns=1,
                end_ns=None,
                state=State.DOWN,
                symptom=Symptom.NONE,
            ),
        ),
    )


def closed(open_one: Incident) -> Incident:
    return msgspec.structs.replace(open_one, status=IncidentStatus.CLOSED)


def empty_book() -> IncidentRegistry:
    return healthy_city(sites=1).new_registry()


def test_faults_are_purged_with_the_last_incident_that_holds_them() -> None:
    book = empty_book()
    names = [f"f{number}" for number in range(8)]
    for name in names:
        book.put_fault(fault(name, is_over=True))
    book.put_incident(incident("all", *names, "what a person reported"))
    book.put_incident(incident("half", *names[::2]))
    book.drain_changes()
    book.purge(book.incidents["all"])
    assert sorted(book.faults) == names[::2]
    assert [held.id for held in book.incidents_holding("f0")] == ["half"]
    assert book.incidents_holding("f1") == []
    assert book.incidents_holding("what a person reported") == []
    assert book.drain_changes() == ([], [], {"all", *names[1::2]})
    book.purge(book.incidents["half"])
    assert (book.faults, book.incidents, book.faults_of(LINK)) == ({}, {}, [])


def test_the_current_fault_of_a_subject_is_the_latest_that_is_not_over() -> None:
    book = empty_book()
    book.put_fault(fault("later", 7))
    book.put_fault(fault("earlier", 3))
    current = book.network_state.current_fault_of(LINK)
    assert current is not None
    assert current.id == "later"
    assert [known.id for known in book.faults_of(LINK)] == ["earlier", "later"]
    book.put_fault(fault("later", 7, is_over=True))
    current = book.network_state.current_fault_of(LINK)
    assert current is not None
    assert current.id == "earlier"
    book.put_fault(fault("earlier", 3, is_over=True))
    assert book.network_state.current_fault_of(LINK) is None


def test_incidents_are_found_by_the_faults_they_hold() -> None:
    book = empty_book()
    book.put_incident(incident("b", "f1", "f2", opened_ns=5))
    book.put_incident(incident("a", "f2", opened_ns=5))
    book.put_incident(incident("c", "f2", opened_ns=1))
    assert [held.id for held in book.incidents_holding("f2")] == ["a", "b", "c"]
    assert {held.id for held in book.incidents_holding_all(["f1", "f2"])} == {"b"}
    assert book.incidents_holding_all(["f1", "f3"]) == []
    assert book.incidents_holding_all([]) == []
    assert [held.id for held in book.incidents_of(("link_fault", "k"))] == ["c", "a", "b"]
    book.put_incident(incident("b", "f1", code="other"))
    assert [held.id for held in book.incidents_holding("f2")] == ["a", "c"]
    assert [held.id for held in book.incidents_of(("link_fault", "k"))] == ["c", "a"]
    assert [held.id for held in book.incidents_of(("other", "k"))] == ["b"]


def test_putting_an_unchanged_incident_is_not_a_change() -> None:
    book = empty_book()
    book.put_incident(incident("a", "f1"))
    book.drain_changes()
    book.put_incident(incident("a", "f1"))
    assert book.drain_changes() == ([], [], set())
    book.requeue_changes([incident("a", "f1")], [])
    assert [changed.id for changed in book.drain_changes()[0]] == ["a"]


def test_closed_and_notified_items_are_no_longer_checked() -> None:
    book = empty_book()
    book.put_incident(incident("a", "f1"))
    book.next_checks_ns["a"] = 9
    assert [known.id for known in book.active_incidents()] == ["a"]
    book.put_incident(closed(incident("a", "f1")))
    assert (book.active, book.next_checks_ns) == (set(), {})


def test_archived_data_does_not_replace_existing_data() -> None:
    book = empty_book()
    book.put_fault(fault("f1", 1))
    book.put_incident(incident("a", "f1"))
    book.drain_changes()
    archived = RegistrySnapshot(
        faults=(fault("f1", 99), fault("f2", 2)),
        incidents=(closed(incident("a", "f1")), closed(incident("b", "f2"))),
    )
    book.load_archived(archived)
    assert (book.faults["f1"].start_ns, book.incidents["a"].is_open) == (1, True)
    assert (sorted(book.faults), sorted(book.incidents)) == (["f1", "f2"], ["a", "b"])
    assert book.drain_changes() == ([], [], set()), "it is written down already"


def test_a_replica_holds_exactly_the_stored_incidents() -> None:
    book = empty_book()
    for name in ("f1", "f2"):
        book.put_fault(fault(name))
        book.put_incident(incident(f"of {name}", name))
        book.next_checks_ns[f"of {name}"] = 5
    book.replace(RegistrySnapshot(faults=(fault("f2"),), incidents=(incident("of f2", "f2"),)))
    assert (sorted(book.faults), sorted(book.incidents)) == (["f2"], ["of f2"])
    assert (book.active, sorted(book.next_checks_ns)) == ({"of f2"}, ["of f2"])
    assert book.drain_changes() == ([], [], set())


def test_faults_with_a_decision_are_checked_after_a_restart() -> None:
    placement = Placement(by="engineer", reason="one duct", at_ns=1, into="b")
    closing = Closing(by="engineer", reason="a test", at_ns=1, severity=Severity.WARNING)
    placed = msgspec.structs.replace(incident("a", "placed"), placement=placement)
    ended = msgspec.structs.replace(closed(incident("c", "closed")), closing=closing)
    book = empty_book()
    book.restore(RegistrySnapshot(incidents=(placed, incident("b", "untouched"), ended)))
    assert book.decided_faults == {"placed", "closed"}


NAMED = Text("collector.incidents.since")
BY_BEGINNING = GroupRule(
    code="by_beginning",
    title=NAMED,
    precedence=1,
    group_key=lambda fault, _state: str(fault.start_ns) if fault.start_ns else None,
    assess=lambda _key, _faults, _state: [],
    sentences=RuleSentences(headline=NAMED, situation=NAMED, do=NAMED),
)


def test_a_fault_belongs_to_one_group_of_a_rule_and_moves_when_its_key_changes() -> None:
    city = healthy_city(sites=1)
    book = IncidentRegistry(city.directory, [BY_BEGINNING], city.settings, calm_s=30.0)

    def peers(name: str) -> list[str]:
        return sorted(peer.id for peer in book.group_peers("by_beginning", name))

    def put(known: Fault) -> set[str]:
        book.put_fault(known)
        return {key for _, key in book.regroup(known)}

    assert put(fault("f1", 1)) == {"1"}
    assert put(fault("f2", 1)) == {"1"}
    assert put(fault("f3", 0)) == set(), "it belongs to no group"
    assert (peers("f1"), peers("f3"), peers("nobody")) == (["f1", "f2"], [], [])
    assert put(fault("f1", 1)) == {"1"}, "looked at again where it stays"
    assert put(fault("f1", 2)) == {"1", "2"}
    assert (peers("f1"), peers("f2")) == (["f1"], ["f2"])
    gone = msgspec.structs.replace(fault("f2", 1), is_withdrawn=True)
    assert put(gone) == {"1"}
    assert (peers("f2"), book.group_members["by_beginning", "1"]) == ([], set())
    book.put_incident(closed(incident("a", "f1")))
    book.purge(book.incidents["a"])
    assert book.group_members["by_beginning", "2"] == set()


def test_rules_are_ordered_by_precedence_and_then_by_code() -> None:
    city = healthy_city(sites=1)
    rules = [
        replace(BY_BEGINNING, code=code, precedence=precedence, covers=covers)
        for code, precedence, covers in (
            ("c", 1, ()),
            ("b", 1, ("c",)),
            ("a", 5, ("b", "c")),
            ("d", 9, ()),
        )
    ]
    book = IncidentRegistry(city.directory, rules, city.settings, calm_s=30.0)
    assert [rule.code for rule in book.group_rules] == ["d", "a", "b", "c"]
    assert book.covering == {"a": (), "b": ("a",), "c": ("a", "b"), "d": ()}
    assert book.calm_ns == 30_000_000_000
