"""The consumer of incidents: on the disk before anybody is told, and the same after any crash."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from tests.collector.batches import S, change, icmp_result
from tests.collector.correlation.consumer_world import ALL, World, all_well
from tests.collector.timeline.whole_record import whole_record
from thongsuot_collector.correlation import rows
from thongsuot_collector.correlation.consumer import CONSUMER
from thongsuot_collector.errors import AnswerImpossible
from thongsuot_collector.incidents.answer import AnswerKind, PartyAnswer, Ruling
from thongsuot_collector.incidents.incident import ClosureCode
from thongsuot_collector.incidents.maintenance_window import MaintenanceWindow
from thongsuot_collector.incidents.notification_log import DeliveryAttempt
from thongsuot_collector.store import audit
from thongsuot_collector.timeline.site import SiteTimeline
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom


@pytest.fixture
async def world(tmp_path: Path, open_each_store: Callable[[], Engine]) -> AsyncIterator[World]:
    """A world whose store is a file, and one whose store is a database."""
    made = World(tmp_path, open_each_store())
    await made.consumer.load()
    yield made
    await made.journal.close()


@pytest.mark.parametrize("crash", [False, True])
async def test_a_fault_is_notified_once_and_resolved_once_crash_or_no_crash(
    world: World, crash: bool
) -> None:
    await all_well(world)
    await world.push("s0", ("fiber", State.DOWN))
    await world.run(60, sites=ALL, crash=crash)
    await world.push("s0", ("fiber", State.UP))
    await world.run(60, sites=ALL, crash=crash)
    assert world.lines() == [
        ("opened", "started", "s0/fiber", "carrier:vnpt"),
        ("resolved", "ended", "s0/fiber", "carrier:vnpt"),
    ]
    (fault,) = [
        incident
        for incident in world.consumer.registry.incidents.values()
        if incident.code == "link_fault"
    ]
    assert rows.load_incident(world.store, fault.id) == fault
    assert fault.closure_code is ClosureCode.RESTORED


async def test_an_outage_through_crashes_is_one(world: World) -> None:
    await all_well(world)
    for site in ("s0", "s2", "s4", "s6"):
        await world.push(site, ("fiber", State.DOWN))
        await world.run(1, crash=True)
        await world.crash()
    await world.run(100, sites=ALL, crash=True)
    assert world.lines() == [("opened", "started", "vnpt", "carrier:vnpt")]


async def test_the_tables_hold_what_the_timelines_say_and_tile_the_time(world: World) -> None:
    await all_well(world)
    await world.push("s0", ("fiber", State.DOWN))
    await world.run(200, sites=ALL[1:], crash=True)
    await world.push("s0", ("fiber", State.UP), from_ns=200 * S)
    await world.run(30, sites=ALL)
    for _, body in rows.load_timelines(world.store):
        timeline = msgspec.msgpack.decode(body, type=SiteTimeline)
        for subject, expected in whole_record(timeline).items():
            kept = world.intervals(subject.site, subject.link)
            assert tuple(kept) == expected
            assert kept[-1].end_ns is None
            assert all(interval.end_ns == other.start_ns for interval, other in pairwise(kept))


async def test_a_site_that_was_silent_before_a_restart_is_silent_after_it(world: World) -> None:
    await all_well(world)
    await world.run(120, sites=ALL[1:])
    assert world.lines() == [("opened", "started", "s0", "commune:s0")]
    await world.crash()
    await world.run(120, sites=ALL[1:])
    assert len(world.told) == 1
    assert [interval.symptom for interval in world.intervals("s0")] == [
        Symptom.NONE,
        Symptom.AGENT_SILENT,
    ]


async def test_after_an_absence_of_the_collector_only_lasting_faults_are_notified(
    world: World,
) -> None:
    await all_well(world)
    await world.push("s0", ("fiber", State.DOWN))
    await world.push("s2", ("fiber", State.DOWN))
    world.now_ns += 600 * S
    await world.push("s0", ("fiber", State.UP), from_ns=590 * S)
    for site in ALL[1:]:
        await world.push(site, from_ns=590 * S)
    world.now_ns += 60 * S
    await world.crash()
    # What is late is held for a while: the news that it is over may be on their way.
    await world.run(60)
    assert world.lines() == [("opened", "started", "s2/fiber", "carrier:vnpt")]
    keys = {incident.key for incident in world.consumer.registry.incidents.values()}
    assert "s0/fiber" in keys


async def test_with_an_older_journal_beside_its_store_a_fault_is_looked_at(
    world: World, tmp_path: Path
) -> None:
    await all_well(world)
    copy = tmp_path / "copy"
    with closing(sqlite3.connect(world.folder / "journal.sqlite")) as journal:
        journal.execute("VACUUM INTO ?", (str(copy),))
    await world.run(60, sites=ALL)
    await world.consumer.flush()
    await world.journal.close()
    for suffix in ("", "-wal", "-shm"):
        (world.folder / f"journal.sqlite{suffix}").unlink(missing_ok=True)
    copy.rename(world.folder / "journal.sqlite")
    restored = World(world.folder, world.store)
    restored.agents, restored.now_ns = world.agents, world.now_ns
    await restored.consumer.load()
    # Its sequence was given out before, to another batch.
    await restored.push("s0", ("fiber", State.DOWN))
    await restored.run(15, sites=ALL)
    await restored.journal.close()
    assert restored.lines() == [("opened", "started", "s0/fiber", "carrier:vnpt")]


async def test_a_disk_that_refuses_delays_the_telling_and_loses_nothing(world: World) -> None:
    await all_well(world)
    await world.push("s0", ("fiber", State.DOWN))
    with world.store.begin() as connection:
        connection.execute(text("ALTER TABLE incidents RENAME TO elsewhere"))
    with pytest.raises(DBAPIError):
        await world.run(1)
    for _ in range(5):
        world.now_ns += S
        with pytest.raises(DBAPIError):
            await world.consumer.catch_up()
    assert world.told == []
    with world.store.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO incidents"))
    await world.run(1)
    assert world.lines() == [("opened", "started", "s0/fiber", "carrier:vnpt")]
    assert world.intervals("s0", "fiber")[-1].state is State.DOWN
    assert rows.load_incident(world.store, world.told[0].incident.id) is not None


async def test_a_batch_that_cannot_be_read_is_set_aside_and_the_others_continue(
    world: World,
) -> None:
    await all_well(world)
    agent = world.agents["s0"]
    await world.append(agent, (b"no batch", agent.sealed(agent.batch(0))[1]), 2)
    await world.push("s1", ("fiber", State.DOWN))
    await world.run(10)
    assert [line[2] for line in world.lines()] == ["s1/fiber"]


async def test_a_purged_incident_is_restored_when_its_past_is_rewritten(world: World) -> None:
    await all_well(world)
    await world.push("s0", ("fiber", State.DOWN))
    await world.run(30)
    name = world.told[0].incident.id
    await world.consumer.acknowledge(name, "VNPT NOC", "on our way")
    late = world.agents["s0"]
    late.number += 1
    number, at_ns = late.number, world.now_ns + 10 * S
    world.now_ns += 20 * S
    await world.push("s0", ("fiber", State.UP))
    await world.run(60, sites=ALL)
    world.now_ns += 4 * 86_400 * S
    for site in ALL:
        await world.push(site)
    await world.run(2)
    assert name not in world.consumer.registry.incidents
    sealed_ns = at_ns - late.epoch_ns
    batch = late.batch(
        sealed_ns,
        [icmp_result(sealed_ns)],
        changes=[change(sealed_ns, State.UP, before=State.DOWN)],
        number=number,
    )
    await world.append(late, late.sealed(batch), number)
    await world.run(2)
    again = world.consumer.registry.incidents[name]
    assert again.closed_ns == at_ns
    assert again.acknowledgement is not None
    assert again.acknowledgement.owner == "VNPT NOC"
    assert [line[0] for line in world.lines() if line[2] == "s0/fiber"] == ["opened", "resolved"]


async def test_a_partys_answer_and_the_citys_decision_survive_a_restart_and_are_audited(
    world: World,
) -> None:
    await all_well(world)
    await world.push("s0", ("fiber", State.DOWN))
    await world.run(30)
    incident = world.told[0].incident
    refusal = PartyAnswer(
        kind=AnswerKind.REFUSED,
        party=incident.party,
        person="Bình",
        at_ns=world.now_ns,
        text="ONT mất điện",
        token="link-1",
    )
    await world.consumer.answer(incident.id, refusal, by="carrier:vnpt link")
    await world.crash()
    known = world.consumer.registry.incidents[incident.id]
    assert (known.is_disputed, known.answers) == (True, (refusal,))
    with pytest.raises(AnswerImpossible):
        await world.consumer.answer(incident.id, refusal, by="carrier:vnpt link")
    ruling = Ruling(is_upheld=False, reason="ONT có điện", by="Lan", at_ns=world.now_ns)
    await world.consumer.rule(incident.id, ruling, by="person:lan")
    await world.crash()
    assert not world.consumer.registry.incidents[incident.id].is_disputed
    lines = audit.listed(world.store, subject=incident.id)
    assert [(line.by, line.action, line.detail) for line in lines] == [
        ("carrier:vnpt link", "incident_refused", "Bình: ONT mất điện"),
        ("person:lan", "incident_ruled", "against the party: ONT có điện"),
    ]


async def test_planned_work_survives_a_restart_and_can_be_taken_back(world: World) -> None:
    await all_well(world)
    window = MaintenanceWindow(
        id="w1", start_ns=world.now_ns, end_ns=world.now_ns + 3_600 * S, carrier="vnpt"
    )
    rows.put_window(world.store, window)
    await world.consumer.refresh_windows()
    await world.push("s0", ("fiber", State.DOWN))
    await world.run(30, sites=ALL)
    await world.crash()
    await world.run(30, sites=ALL)
    assert world.told == []
    rows.drop_window(world.store, "w1")
    await world.consumer.refresh_windows()
    await world.run(70, sites=ALL)
    assert world.lines() == [("opened", "unexcused", "s0/fiber", "carrier:vnpt")]
    await world.crash()
    assert world.consumer.registry.network_state.windows == ()


async def test_undelivered_items_are_pending_after_a_restart(world: World) -> None:
    await all_well(world)
    await world.push("s0", ("fiber", State.DOWN))
    await world.push("s1", ("fiber", State.DOWN))
    await world.run(10)
    first, second = world.consumer.pending_notifications()
    delivery = DeliveryAttempt(
        channel="webhook", at_ns=world.now_ns, is_delivered=True, reference="T1"
    )
    await world.consumer.record_delivery(
        first.incident.id, first.record.number, delivery, is_done=True
    )
    await world.crash()
    assert [notification.id for notification in world.consumer.pending_notifications()] == [
        second.id
    ]


async def test_the_consumer_follows_the_journal_and_notifies_at_the_end_of_the_hold(
    world: World,
) -> None:
    await all_well(world)
    notified = asyncio.Event()
    world.consumer = world.new_consumer(on_told=notified.set)
    await world.consumer.load()
    running = asyncio.create_task(world.consumer.run())
    await world.push("s0", ("fiber", State.DOWN))
    world.drift_ns = S // 20
    async with asyncio.timeout(60):
        await notified.wait()
    assert world.lines() == [("opened", "started", "s0/fiber", "carrier:vnpt")]
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_the_journal_may_continue_once_everything_is_written(world: World) -> None:
    await all_well(world)
    assert (await world.journal.cursor(CONSUMER)).sequence == 0
    await world.consumer.flush()
    assert (await world.journal.cursor(CONSUMER)).sequence == world.journal.head
    await world.crash()
    assert world.consumer.lag == 0
