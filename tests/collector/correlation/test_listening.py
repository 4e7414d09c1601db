"""An absence of the collector does not count as silence of its sites."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing, suppress
from pathlib import Path

import pytest

from tests.collector.batches import S
from tests.collector.correlation.consumer_world import ALL, World, all_well
from thongsuot_collector.correlation.listening import JournalListening, ListeningPeriod
from thongsuot_collector.errors import JournalRefused
from thongsuot_collector.timeline.settings import TimelineSettings
from thongsuot_schema.batch.push import LONGEST_WAIT_S

TRY_S = 30
"""How long one try may hang: 15 s by the agent's own settings, over each of two links."""


def test_listening_continues_while_noted_and_restarts_after_a_break_or_a_clock_step() -> None:
    listening = ListeningPeriod(100 * S, break_s=20.0)
    for second in (101, 120, 140):
        listening.note_presence(second * S)
        assert listening.since_ns(second * S) == 100 * S
    listening.note_presence(161 * S)
    assert listening.since_ns(170 * S) == 161 * S
    listening.note_presence(150 * S)
    assert listening.since_ns(170 * S) == 150 * S


def test_during_a_break_listening_starts_at_the_present() -> None:
    listening = ListeningPeriod(100 * S, break_s=20.0)
    assert [listening.since_ns(second * S) for second in (120, 121, 160)] == [
        100 * S,
        121 * S,
        160 * S,
    ]


@pytest.mark.parametrize("silent_after_s", [1.0, 3.0, 8.0, 14.0, 45.0, 600.0])
async def test_however_soon_silence_is_told_a_collector_that_is_there_is_not_away(
    world: World, silent_after_s: float
) -> None:
    begun_ns = world.now_ns
    settings = TimelineSettings(silent_after_s=silent_after_s)
    listening = JournalListening(world.journal, "correlation", settings, lambda: world.now_ns)
    for _ in range(60):
        # About once a second; a busy loop is late.
        world.now_ns += 13 * S // 10
        await listening.prove()
        assert listening.since_ns == begun_ns


async def away(world: World, seconds: int, *, is_restarted: bool) -> None:
    """
    Let a collector be away: its process is not there and another begins, or it was stopped (a
    machine that sleeps) and goes on.
    """
    world.now_ns += seconds * S
    if is_restarted:
        await world.crash()
    await world.consumer.catch_up()


async def come_back(world: World, after_s: dict[str, int], seconds: int) -> None:
    """Let agents try again at the end of what each waits, and push every 15 s from then on."""
    for second in range(1, seconds + 1):
        world.now_ns += S
        for site, wait_s in after_s.items():
            if second >= wait_s and (second - wait_s) % 15 == 0:
                await world.push(site)
        await world.consumer.catch_up()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path)
    await made.consumer.load()
    yield made
    await made.journal.close()
    made.store.dispose()


@pytest.mark.parametrize("is_restarted", [True, False])
async def test_an_agent_that_waits_a_minute_before_it_tries_again_is_not_silent(
    world: World, is_restarted: bool
) -> None:
    await all_well(world)
    await world.run(30, sites=ALL)
    await away(world, 300, is_restarted=is_restarted)
    # The last began a try just before the return, which hung over both links.
    waits = {site: 6 + 12 * place for place, site in enumerate(ALL)}
    assert max(waits.values()) == LONGEST_WAIT_S + TRY_S
    await come_back(world, waits, 180)
    assert world.told == []


@pytest.mark.parametrize("is_restarted", [True, False])
async def test_an_agent_that_does_not_come_back_is_reported_all_the_same(
    world: World, is_restarted: bool
) -> None:
    await all_well(world)
    await world.run(30, sites=ALL)
    await away(world, 300, is_restarted=is_restarted)
    await come_back(world, dict.fromkeys(ALL[1:], 5), 180)
    assert world.lines() == [("opened", "started", "s0", "commune:s0")]


def refuse(world: World, *, is_refusing: bool) -> None:
    """Have the journal refuse what is to be kept, as a disk does that is full; or take it again."""
    names = ("cursors", "elsewhere")
    before, after = names if is_refusing else reversed(names)
    with closing(sqlite3.connect(world.folder / "journal.sqlite")) as journal:
        journal.execute(f"ALTER TABLE {before} RENAME TO {after}")


async def test_while_nothing_can_be_stored_no_site_is_silent_nor_just_afterwards(
    world: World,
) -> None:
    await all_well(world)
    await world.run(30, sites=ALL)
    refuse(world, is_refusing=True)
    # Nothing that is pushed is taken meanwhile, and the consumer is there all the time: it is
    # started again where it cannot go on itself.
    for _ in range(300):
        with suppress(JournalRefused):
            await world.run(1)
    assert world.consumer.registry.incidents == {}
    refuse(world, is_refusing=False)
    await come_back(world, {site: 6 + 12 * place for place, site in enumerate(ALL[1:])}, 180)
    # The one that did not come back is told of all the same.
    assert world.lines() == [("opened", "started", "s0", "commune:s0")]


async def test_while_pushes_are_refused_no_site_is_silent_although_the_cursor_is_saved(
    world: World,
) -> None:
    """The database takes what the leader decides, and not what devices push."""
    await all_well(world)
    await world.run(30, sites=ALL)
    world.consumer.listening.problem = lambda: "permission denied for table entries"
    await world.run(300)
    assert world.consumer.registry.incidents == {}
    assert "permission denied" in world.consumer.refusal
    world.consumer.listening.problem = lambda: ""
    await come_back(world, {site: 6 + 12 * place for place, site in enumerate(ALL[1:])}, 180)
    assert world.lines() == [("opened", "started", "s0", "commune:s0")]


async def test_a_short_refusal_to_store_does_not_delay_the_report_of_a_silence(
    world: World,
) -> None:
    await all_well(world)
    await world.run(30, sites=ALL[1:])
    refuse(world, is_refusing=True)
    await world.run(9)
    refuse(world, is_refusing=False)
    await world.run(45, sites=ALL[1:])
    assert world.lines() == [("opened", "started", "s0", "commune:s0")]
