"""The consumer of incidents beside an older journal, many sites, and the results themselves."""

import asyncio

import pytest

from tests.collector.batches import S, change, failed
from tests.collector.correlation.consumer_world import ALL, World, all_well
from thongsuot_collector.correlation import rows
from thongsuot_collector.correlation.consumer import CONSUMER
from thongsuot_collector.correlation.turns import TurnTimer
from thongsuot_collector.store import sites
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom


async def test_a_journal_that_is_older_than_the_store_is_read_again_and_nothing_is_missed(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await all_well(world)
    ahead = sites.Position(journal=world.journal.name, sequence=world.journal.head + 60)
    rows.write_changes(world.store, rows.IncidentWrites(position=ahead), consumer=CONSUMER)
    await world.crash()
    assert "older than the store" in caplog.text
    await world.push("s0", ("fiber", State.DOWN))
    await world.run(10, sites=ALL)
    assert world.lines() == [("opened", "started", "s0/fiber", "carrier:vnpt")]


async def test_others_get_their_turn_while_many_sites_fall_silent_at_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("thongsuot_collector.correlation.consumer._SLICE", 3)
    await all_well(world)
    for _ in range(6):
        # The collector was there all the time: nothing is due yet.
        world.now_ns += 7 * S
        await world.consumer.catch_up()
    world.now_ns += 14 * S
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await world.consumer.catch_up()
    task.cancel()
    silent = [
        incident
        for incident in world.consumer.registry.incidents.values()
        if incident.code == "many_silent"
    ]
    assert [len(incident.members) for incident in silent] == [len(ALL)]
    assert turns >= 2 * len(ALL)


async def test_a_notification_shows_the_last_good_run_and_the_failures_of_each_probe(
    world: World,
) -> None:
    await all_well(world)
    agent, good_ns = world.agents["s0"], world.now_ns
    world.now_ns += 8 * S
    sealed_ns = world.now_ns - agent.epoch_ns
    cut = change(sealed_ns, State.DOWN, segment=Segment.ACCESS, symptom=Symptom.ACCESS_SILENT)
    lost = [failed(sealed_ns - age_s * S) for age_s in (5, 3, 1)]
    batch = agent.batch(sealed_ns, lost, changes=[cut])
    await world.append(agent, agent.sealed(batch), batch.number)
    await world.run(10, sites=ALL[1:])
    (opened,) = world.told
    (seen,) = opened.incident.member_evidence[0].observations
    assert (seen.target, seen.good, seen.total) == ("exchange", 0, 3)
    assert seen.last_good_ns == good_ns
    assert seen.first_bad_ns == good_ns + 3 * S
    assert seen.newest_ns == good_ns + 7 * S
    assert opened.incident.opened_ns <= seen.newest_ns + S
    failures = world.consumer.registry.failures_of(opened.incident.members[0].subject)
    assert set(failures.values()) == {good_ns + 7 * S}


async def test_the_time_of_many_sites_is_advanced_in_slices(world: World) -> None:
    await all_well(world)
    readings = 0

    def clock_s() -> float:
        # So long that a slice has room for one step only.
        nonlocal readings
        readings += 1
        return 0.0125 * readings

    world.consumer.turns = TurnTimer(clock_s)
    world.now_ns += 2 * S
    before = readings
    await world.consumer.catch_up()
    # A slice reads it when it begins, twice, after its step and at its end.
    assert readings - before >= 4 * len(ALL)
    assert world.consumer.turns.longest_s < 0.0125 * 2 * len(ALL)
