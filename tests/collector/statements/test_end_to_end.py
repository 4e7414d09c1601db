"""From what agents pushed, through the journal and the consumer, to a month's statement."""

from pathlib import Path

from tests.collector.batches import S
from tests.collector.correlation.consumer_world import EPOCH, INVENTORY, World
from thongsuot_collector.inventory.directory import InventoryDirectory
from thongsuot_collector.sla.calendar import month_at
from thongsuot_collector.sla.periods import TimeClass
from thongsuot_collector.statements.archive import StatementArchive
from thongsuot_schema.state import State


async def test_a_cut_that_an_agent_reported_is_on_the_statement(tmp_path: Path) -> None:
    world = World(tmp_path)
    try:
        await world.consumer.load()
        for state, seconds in ((State.UP, 60), (State.DOWN, 120), (State.UP, 60)):
            await world.push("s0", ("fiber", state))
            await world.consumer.catch_up()
            for _ in range(seconds // 15):
                world.now_ns += 15 * S
                await world.push("s0")
                await world.consumer.catch_up()
        await world.consumer.flush()
        archive = StatementArchive(
            world.store, InventoryDirectory(INVENTORY), now_ns=world.clock_ns
        )
        month = month_at(EPOCH // 10**6)
        circuit = archive.circuit("s0/fiber", month)
        assert circuit is not None
        made = archive.statement(circuit, month)
        (only,) = made.interruptions
        assert only.down_ms == 120_000
        assert only.until_ms == only.from_ms + 120_000
        # Before the agent was heard first nothing is known.
        begin_ms = EPOCH // 10**6
        assert made.totals.by_class[TimeClass.UNKNOWN] >= begin_ms - month.from_ms - 60_000
        assert sum(made.totals.by_class.values()) == world.now_ns // 10**6 - month.from_ms
    finally:
        await world.journal.close()
        world.store.dispose()
