"""Rollups in the store: added up across snapshots and crashes, and gone when nobody looks."""

import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from tests.collector.batches import BatchSealer, S, icmp_result
from tests.collector.state.test_consumer import StateFixture
from thongsuot_collector.state.rollup_rows import (
    KEPT_S,
    add_rollups,
    forget_rollups,
    load_rollups,
)
from thongsuot_collector.store.site_tables import LINE_ROLLUPS
from thongsuot_schema.line_rollup import COARSE_S, FINE_S, LineRollup

SITE = "hk-01"
RECENTLY = (time.time_ns() // (COARSE_S * S) - 3) * COARSE_S * S
"""Boottime 0 of the device: what is older than three days is forgotten at once."""


@pytest.fixture
async def world(
    tmp_path: Path, open_each_store: Callable[[], Engine]
) -> AsyncIterator[StateFixture]:
    made = StateFixture(tmp_path, open_each_store())
    yield made
    await made.close()


async def push_runs(world: StateFixture, agent: BatchSealer, *at_s: int) -> None:
    """Push one batch a moment, with one echo to the first hop, and take it in."""
    for moment in at_s:
        results = [icmp_result(moment * S, target="hop")]
        await world.push(agent, agent.batch((moment + 5) * S, results))
    await world.consumer.catch_up()


def runs_of(world: StateFixture, length_s: int) -> list[int]:
    loaded = load_rollups(
        world.store, SITE, ["fiber"], length_s=length_s, from_s=0, until_s=1 << 40
    )
    return [rollup.runs for _, rollup in loaded["fiber"]]


async def test_a_crash_counts_nothing_twice_and_loses_nothing(world: StateFixture) -> None:
    agent = BatchSealer(SITE, epoch_ns=RECENTLY)
    await world.consumer.load()
    await push_runs(world, agent, 100, 160, 700)
    await world.consumer.snapshot()
    # Of the next batches one is in a snapshot's time, one after it: neither was written down yet.
    await push_runs(world, agent, 760, 1300)
    await world.crash()
    await world.consumer.catch_up()
    await push_runs(world, agent, 4000)
    await world.consumer.snapshot()
    assert sum(runs_of(world, FINE_S)) == 5  # the newest is not complete yet
    assert sum(runs_of(world, COARSE_S)) == 5
    assert len(runs_of(world, COARSE_S)) <= 2


async def test_late_data_is_added_to_what_was_written(world: StateFixture) -> None:
    agent = BatchSealer(SITE, epoch_ns=RECENTLY)
    await world.consumer.load()
    await push_runs(world, agent, 100, 700)
    await world.consumer.snapshot()
    assert runs_of(world, FINE_S) == [1]
    await push_runs(world, agent, 101, 102)
    await world.consumer.snapshot()
    assert runs_of(world, FINE_S) == [3]
    assert runs_of(world, COARSE_S) == [3]


async def test_a_snapshot_that_fails_keeps_the_rollups_for_the_next(world: StateFixture) -> None:
    agent = BatchSealer(SITE, epoch_ns=RECENTLY)
    await world.consumer.load()
    await push_runs(world, agent, 100, 700)
    with world.store.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE positions RENAME TO taken_away")
    with pytest.raises(Exception, match=r"no such table|does not exist"):
        await world.consumer.snapshot()
    assert runs_of(world, FINE_S) == []
    with world.store.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE taken_away RENAME TO positions")
    await world.consumer.snapshot()
    assert runs_of(world, FINE_S) == [1]


def test_rollups_older_than_the_charts_need_are_deleted(world: StateFixture) -> None:
    now_s = 2_000_000_000 // COARSE_S * COARSE_S
    ages_s = (0, 3600, KEPT_S[FINE_S] + FINE_S, KEPT_S[COARSE_S] + COARSE_S, -7 * 86_400)
    with world.store.begin() as connection:
        rollups = {f"fiber\n{now_s - age_s}": LineRollup(runs=1) for age_s in ages_s}
        add_rollups(connection, {SITE: rollups})
        forget_rollups(connection, now_s)
        kept = connection.execute(select(LINE_ROLLUPS.c.length_s, LINE_ROLLUPS.c.start_s))
        by_length = [(row.length_s, now_s - row.start_s) for row in kept]
    assert sorted(by_length) == [
        (FINE_S, 0),
        (FINE_S, 3600),
        (COARSE_S, 0),
        (COARSE_S, 3600),
        (COARSE_S, KEPT_S[FINE_S] + COARSE_S),
    ]
