"""The backlog of an agent: beside the fresh results, and refused without harm to others."""

from pathlib import Path

import pytest

from tests.agent.spool.making import SERIES, change, result, spool_at
from tests.agent.uplink.receiver import PushReceiver, ReceivedPush, ScriptedReply
from tests.agent.uplink.test_upload_service import pushing, until
from tests.fakes.clock import FakeClock
from thongsuot_agent.clock import Clocks
from thongsuot_agent.config.model import SpoolConfig
from thongsuot_agent.spool.spool import Spool
from thongsuot_schema.batch.push import PATH_BATCHES, PushResponse


async def test_after_an_outage_the_fresh_goes_first_and_the_backlog_beside_it(
    tmp_path: Path,
) -> None:
    async def outage(spool: Spool) -> None:
        for serial in range(1, 41):
            spool.add_entry(result(serial))
            if serial == 20:
                spool.add_entry(change(serial))
            spool.seal()
        spool.add_entry(change(41))
        spool.seal()
        await spool.maintain()  # news: to the disk at once

    fake = FakeClock()
    clock = Clocks(boottime_ns=fake.boottime_ns, wall_ns=fake.wall_ns)
    before = spool_at(tmp_path, config=SpoolConfig(disk_after_s=1.0), clock=clock)
    await before.open(SERIES)
    await outage(before)
    fake.advance(60)
    await before.maintain()
    assert before.status().waiting_on_disk == 41
    await before.close()
    async with PushReceiver().listening() as receiver, pushing(tmp_path, receiver) as pusher:
        pusher.make(100)
        await receiver.until(lambda: len(receiver.numbers) == 42)
        # The newest, then the verdict changes, then the rest from its oldest on.
        backlog = [number for number in range(1, 41) if number != 20]
        assert receiver.numbers == [42, 41, 20, *backlog]
        await until(lambda: pusher.spool.status().waiting_batches == 0)


async def test_a_collector_that_lets_the_backlog_wait_is_not_away(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    fake = FakeClock()
    clock = Clocks(boottime_ns=fake.boottime_ns, wall_ns=fake.wall_ns)
    before = spool_at(tmp_path, config=SpoolConfig(disk_after_s=1.0), clock=clock)
    await before.open(SERIES)
    before.add_entry(result(1))
    before.seal()
    fake.advance(60)
    await before.maintain()
    await before.close()
    old: list[bytes] = []

    def script(heard: ReceivedPush) -> ScriptedReply | None:
        if heard.path != PATH_BATCHES or not receiver.numbers or heard.body in fresh:
            fresh.add(heard.body)
            return None
        old.append(heard.body)
        wait = ("Retry-After: 3000",)
        return ScriptedReply(status=503, answer=PushResponse(error="later"), headers=wait)

    fresh: set[bytes] = set()
    receiver = PushReceiver(script=script)
    async with receiver.listening(), pushing(tmp_path, receiver) as pusher:
        pusher.make(10)
        await until(lambda: any("status=503" in message for message in caplog.messages))
        assert len(old) == 1
        assert pusher.uplink.is_reachable
        assert pusher.uplink.away_since_ns is None
        assert pusher.spool.status().waiting_batches == 1, "it is pushed again later"


async def test_a_refused_batch_in_the_backlog_does_not_hold_up_the_others(tmp_path: Path) -> None:
    async def fill(spool: Spool) -> None:
        for serial in range(1, 6):
            spool.add_entry(change(serial))
            spool.seal()
        await spool.maintain()

    seen: set[bytes] = set()

    def third(heard: ReceivedPush) -> ScriptedReply | None:
        if heard.path == PATH_BATCHES and heard.body not in seen:
            seen.add(heard.body)
            if len(seen) == 3:
                seen.add(b"refused" + heard.body)
        if b"refused" + heard.body in seen:
            return ScriptedReply(status=400, answer=PushResponse(error="poison"))
        return None

    receiver = PushReceiver(script=third)
    async with receiver.listening(), pushing(tmp_path, receiver, before=fill) as pusher:
        pusher.make(10)
        await until(lambda: pusher.spool.status().waiting_batches == 0)
        assert pusher.spool.status().rejected_batches == 1
        assert len(receiver.numbers) == 5
