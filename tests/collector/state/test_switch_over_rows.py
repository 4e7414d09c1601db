"""Switch-overs in the store: every one, once, whatever crashes, longer than a state keeps them."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from sqlalchemy import Engine, delete

from tests.collector.batches import BatchSealer, S
from tests.collector.state.test_consumer import StateFixture
from tests.collector.state.test_counter import opened_by, result
from thongsuot_collector.state.switch_over_rows import has_switch_overs, load_switch_overs
from thongsuot_collector.store.site_tables import SWITCH_OVERS
from thongsuot_schema.counter_path import KEPT_S, SwitchOver

SITE = "hk-01"
EPOCH_S = 1_795_540_000
LATER_S = 1000 + round(KEPT_S)


@pytest.fixture
async def world(
    tmp_path: Path, open_each_store: Callable[[], Engine]
) -> AsyncIterator[StateFixture]:
    made = StateFixture(tmp_path, open_each_store())
    yield made
    await made.close()


async def push_move(world: StateFixture, agent: BatchSealer, second: int, took_s: float) -> None:
    """Push one move from the fibre to 5G, and take it in."""
    moved = result(second, opened_by("5g", "fiber", took_s))
    await world.push(agent, agent.batch((second + 5) * S, [moved]))
    await world.consumer.catch_up()


def kept(world: StateFixture) -> list[SwitchOver]:
    return load_switch_overs(world.store, SITE, from_ms=0, until_ms=1 << 50)


async def test_a_crash_loses_none_and_doubles_none(world: StateFixture) -> None:
    agent = BatchSealer(SITE, epoch_ns=EPOCH_S * S)
    await world.consumer.load()
    await push_move(world, agent, 100, 20.5)
    await world.consumer.snapshot()
    await push_move(world, agent, 300, 4.0)
    await world.crash()
    await world.consumer.catch_up()
    await world.consumer.snapshot()
    assert kept(world) == [
        SwitchOver(at_s=EPOCH_S + 100.0, from_link="fiber", to_link="5g", took_s=20.5),
        SwitchOver(at_s=EPOCH_S + 300.0, from_link="fiber", to_link="5g", took_s=4.0),
    ]


async def test_switch_overs_forgotten_by_the_state_stay_in_the_store(
    world: StateFixture,
) -> None:
    agent = BatchSealer(SITE, epoch_ns=EPOCH_S * S)
    await world.consumer.load()
    await push_move(world, agent, 100, 1.0)
    await world.consumer.snapshot()
    await push_move(world, agent, LATER_S, 2.0)
    await world.consumer.snapshot()
    assert [moved.took_s for moved in world.consumer.sites[SITE].switch_overs] == [2.0]
    assert [moved.took_s for moved in kept(world)] == [1.0, 2.0]
    (late,) = load_switch_overs(
        world.store, SITE, from_ms=(EPOCH_S + LATER_S) * 1000, until_ms=1 << 50
    )
    assert late.took_s == 2.0


async def test_states_stored_by_an_older_collector_are_migrated(
    world: StateFixture,
) -> None:
    agent = BatchSealer(SITE, epoch_ns=EPOCH_S * S)
    await world.consumer.load()
    await push_move(world, agent, 100, 20.0)
    await world.consumer.snapshot()
    with world.store.begin() as connection:
        connection.execute(delete(SWITCH_OVERS))
    assert not has_switch_overs(world.store)
    await world.crash()
    await push_move(world, agent, 300, 4.0)
    await world.consumer.snapshot()
    assert [moved.took_s for moved in kept(world)] == [20.0, 4.0]
