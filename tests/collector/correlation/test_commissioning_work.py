"""A cable that is pulled on request accuses nobody, and one that stays out does."""

import pytest

from tests.collector.batches import S
from tests.collector.correlation.consumer_world import ALL, World, all_well
from tests.collector.incidents.city import healthy_city
from thongsuot_collector.correlation import rows
from thongsuot_collector.correlation.commissioning_work import CommissioningWork
from thongsuot_collector.journal.entry import ClockQuality, JournalEntry
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.commissioning.events import CommissioningEvent, EventCode, format_event
from thongsuot_schema.commissioning.run import PULL_LIMIT_S, SETTLE_S
from thongsuot_schema.state import State


def event(code: EventCode, run: str = "ab12") -> CommissioningEvent:
    return CommissioningEvent(run=run, event=code, link="fiber")


ASKED = event(EventCode.PULL_ASKED)
SETTLED = event(EventCode.SETTLED)


@pytest.mark.parametrize("crash", [False, True])
async def test_nobody_is_notified_of_a_cable_that_was_pulled_on_request(
    world: World, crash: bool
) -> None:
    await all_well(world)
    await world.push("s0", events=[ASKED])
    await world.push("s0", ("fiber", State.DOWN))
    await world.run(60, sites=ALL, crash=crash)
    await world.push("s0", ("fiber", State.UP), events=[SETTLED])
    await world.run(120, sites=ALL, crash=crash)
    assert world.lines() == []
    (window,) = rows.load_windows(world.store)
    assert window.end_ns - window.start_ns < (61 + SETTLE_S) * S
    assert window.site == "s0"
    (fault,) = world.consumer.registry.incidents.values()
    assert fault.windows == (window.id,), "it is on the record, as planned work"


async def test_the_news_of_both_in_one_batch_that_comes_late_accuses_nobody(world: World) -> None:
    await all_well(world)
    await world.push("s0", ("fiber", State.DOWN), events=[ASKED])
    await world.run(60, sites=ALL)
    assert world.lines() == []


async def test_a_cable_left_out_is_reported_when_the_pull_has_lasted_too_long(world: World) -> None:
    await all_well(world)
    await world.push("s0", events=[ASKED])
    await world.push("s0", ("fiber", State.DOWN))
    await world.run(PULL_LIMIT_S - 10, sites=ALL)
    assert world.lines() == []
    await world.run(100, sites=ALL)
    assert [(line[0], line[2]) for line in world.lines()] == [("opened", "s0/fiber")]


async def test_a_device_plans_only_so_much(world: World) -> None:
    await all_well(world)
    for number in range(5):
        runs = [event(EventCode.PULL_ASKED, run=f"r{number}x{place}") for place in range(50)]
        await world.push("s0", events=runs)
    await world.push("s1", events=[ASKED])
    await world.run(1, sites=ALL)
    planned = [window.site for window in rows.load_windows(world.store)]
    assert (planned.count("s0"), planned.count("s1")) == (100, 1)


@pytest.mark.parametrize(("days", "planned"), [(6, 1), (8, 0)])
def test_a_commissioning_run_reported_long_after_plans_no_maintenance(
    days: int, planned: int
) -> None:
    registry = healthy_city().registry
    received_ns = registry.network_state.now_ns
    entry = JournalEntry(
        site="s0",
        stream="00112233445566aa",
        number=1,
        digest=b"",
        layout=b"",
        received_ns=received_ns,
        epoch_ns=received_ns - days * 86_400 * S,
        clock=ClockQuality.TRUSTED,
        body=b"",
    )
    CommissioningWork(registry).plan(
        entry, [Notice(code=NoticeCode.COMMISSIONING, boottime_ns=S, text=format_event(ASKED))]
    )
    assert len(registry.network_state.windows) == planned


async def test_a_fault_after_the_walk_is_reported_as_any_other(world: World) -> None:
    await all_well(world)
    await world.push("s0", events=[ASKED])
    await world.run(30, sites=ALL)
    await world.push("s0", events=[SETTLED])
    await world.run(SETTLE_S + 15, sites=ALL)
    await world.push("s0", ("fiber", State.DOWN))
    await world.run(60, sites=ALL)
    assert [line[0] for line in world.lines()] == ["opened"]


async def test_other_sites_are_not_excused(world: World) -> None:
    await all_well(world)
    await world.push("s0", events=[ASKED])
    await world.push("s1", ("fiber", State.DOWN))
    await world.run(60, sites=ALL)
    assert [line[2] for line in world.lines()] == ["s1/fiber"]


async def test_a_window_for_a_pull_survives_a_crash_and_a_refresh(world: World) -> None:
    await all_well(world)
    await world.push("s0", events=[ASKED, event(EventCode.LINK)])
    await world.consumer.catch_up()
    before = rows.load_windows(world.store)
    assert len(before) == 1
    await world.consumer.refresh_windows()
    assert list(world.consumer.registry.network_state.windows) == before
    await world.crash()
    await world.consumer.catch_up()
    await world.push("s0", events=[event(EventCode.SETTLED, run="other")])
    await world.consumer.catch_up()
    assert rows.load_windows(world.store) == before, "of another run"
