"""The book: what survives a restart, what is dropped, what people and channels note in it."""

import msgspec
import pytest

from tests.collector.incidents.city import CityFixture, healthy_city
from tests.collector.timeline.boot_script import CUT, OUT, UP, wall_ns
from thongsuot_collector.incidents import actions
from thongsuot_collector.incidents.notification_log import DeliveryAttempt
from thongsuot_collector.incidents.reducer import pending_notifications
from thongsuot_collector.incidents.registry import IncidentRegistry, RegistrySnapshot


def restart(made: CityFixture) -> IncidentRegistry:
    """Write the book down, and take it up in a new process."""
    written = msgspec.msgpack.encode(made.registry.snapshot())
    made.registry = made.new_registry()
    made.registry.restore(msgspec.msgpack.decode(written, type=RegistrySnapshot))
    return made.registry


def test_a_restart_in_the_middle_of_a_hold_neither_forgets_nor_repeats() -> None:
    made = healthy_city()
    for site in ("s0", "s3", "s6", "s9"):
        made.report(site, "fiber", OUT)
    made.report("s1", "5g", CUT)
    restart(made)
    made.run(40)
    restart(made)
    made.run(100)
    made.report("s1", "5g", UP)
    restart(made)
    made.run(200)
    restart(made)
    made.run(300)
    assert [line[1:] for line in made.notification_lines()] == [
        ("opened", "started", "carrier_outage", "carrier:vnpt"),
        ("opened", "started", "link_fault", "carrier:mobifone"),
        ("resolved", "ended", "link_fault", "carrier:mobifone"),
    ]


def test_what_is_read_again_makes_no_new_incidents() -> None:
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


def test_the_same_record_read_into_an_empty_book_gives_the_same_names() -> None:
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
    restart(made)
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


def test_what_was_not_delivered_is_handed_out_again_after_a_restart() -> None:
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
    restart(made)
    assert [event.id for event in pending_notifications(made.registry)] == [second.id]
    entry = made.registry.incidents[first.incident.id].notifications[0]
    assert [delivery.channel for delivery in entry.deliveries] == ["email", "tmf621"]
    assert entry.deliveries[-1].reference == "TT-7"


def test_changes_are_handed_out_once() -> None:
    made = healthy_city()
    made.report("s0", "fiber", CUT)
    incidents, faults, forgotten = made.registry.drain_changes()
    assert [incident.code for incident in incidents] == ["link_fault"]
    assert [fault.id for fault in faults] == [incidents[0].id]
    assert forgotten == set()
    assert made.registry.drain_changes() == ([], [], set())
    restart(made)
    assert made.registry.drain_changes() == ([], [], set())


def test_what_was_closed_long_ago_is_dropped_from_memory_and_what_is_open_stays() -> None:
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
