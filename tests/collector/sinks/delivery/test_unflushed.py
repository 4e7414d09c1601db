"""A receiver that answers before data is on its disk: what it loses by that it gets again."""

import asyncio
import time
from functools import partial
from pathlib import Path

import httpx
import pytest

from tests.collector.batches import S, icmp_result
from tests.collector.running import Pusher, collector, eventually, token
from tests.collector.sinks.receiver import always, receiver
from tests.collector.sinks.sink_contract import NOW, SITE, delivered, device, metric, push
from tests.servers import need
from tests.victoria import VictoriaServer
from thongsuot_collector.journal.journal import Tally
from thongsuot_collector.sinks.delivery.lanes import Lanes
from thongsuot_collector.sinks.delivery.unflushed import Delivery, UnflushedDeliveries

FLUSHED_S = 15.0
FIRST, SECOND = 1_795_540_000.0, 1_795_540_070.0
"""When two processes of a receiver were started."""


def upto(sequence: int, **counts: int) -> Delivery:
    return Delivery(
        lanes=Lanes(live=sequence), tallies=(Tally(day=1, site=SITE, **counts),) if counts else ()
    )


def begun(process: float = FIRST) -> UnflushedDeliveries:
    unflushed = UnflushedDeliveries(flushed_after_s=FLUSHED_S)
    assert unflushed.take_flushed(process, asked_s=0.0) == []
    return unflushed


def test_entries_are_flushed_once_the_same_process_held_them_long_enough() -> None:
    unflushed = begun()
    unflushed.add(upto(10), at_s=1.0)
    unflushed.add(upto(20), at_s=2.0)
    assert unflushed.take_flushed(FIRST, asked_s=15.9) == []
    assert unflushed.take_flushed(FIRST, asked_s=16.0) == [upto(10)]
    assert unflushed.take_flushed(FIRST, asked_s=17.0) == [upto(20)]
    assert len(unflushed) == 0


def test_entries_taken_by_another_process_are_delivered_again_however_old() -> None:
    unflushed = begun()
    unflushed.add(upto(10), at_s=1.0)
    assert unflushed.take_flushed(SECOND, asked_s=100.0) is None
    assert len(unflushed) == 0
    # The delivery that comes after it is the new process's.
    unflushed.add(upto(10), at_s=101.0)
    assert unflushed.take_flushed(SECOND, asked_s=116.0) == [upto(10)]


def test_entries_delivered_to_an_unknown_server_are_delivered_again() -> None:
    unflushed = UnflushedDeliveries(flushed_after_s=FLUSHED_S)
    unflushed.add(upto(10), at_s=1.0)
    assert not unflushed.is_process_known
    assert unflushed.take_flushed(FIRST, asked_s=100.0) is None


def test_the_cursor_of_a_sink_that_delivers_all_the_time_is_behind_by_the_flush_alone() -> None:
    unflushed = begun()
    delivered = 0
    for second in range(1, 61):
        for _ in range(20):
            delivered += 1
            unflushed.add(upto(delivered), at_s=delivered / 20)
        # It is asked three times within the time of a flush.
        flushed = unflushed.take_flushed(FIRST, asked_s=second) if second % 5 == 0 else []
        if flushed:
            on_disk = 20 * (second - FLUSHED_S)
            assert on_disk - 10 <= flushed[-1].lanes.live <= on_disk
    assert len(unflushed) < 50


def test_a_receiver_that_never_reports_its_process_loses_no_count_and_little_memory() -> None:
    unflushed = begun()
    for sequence in range(1, 1001):
        unflushed.add(upto(sequence, delivered=1), at_s=float(sequence))
    assert len(unflushed) < 100
    flushed = unflushed.take_flushed(FIRST, asked_s=2_000.0)
    assert flushed is not None
    assert sum(tally.delivered for each in flushed for tally in each.tallies) == 1000
    assert flushed[-1].lanes == Lanes(live=1000)


def sink_table(url: str, metrics_url: str, flushed_after_s: float) -> str:
    return (
        f'[[sinks]]\nkind = "remote_write"\nname = "database"\nurl = "{url}"\nlinger_s = 0.0\n'
        f'min_backoff_s = 0.05\nmax_backoff_s = 0.2\nprocess_metrics_url = "{metrics_url}"\n'
        f"flushed_after_s = {flushed_after_s}\n"
    )


@pytest.mark.servers
async def test_a_victoriametrics_that_is_killed_at_any_moment_lacks_no_sample(
    tmp_path: Path,
) -> None:
    need("victoria-metrics")
    (tmp_path / "victoria").mkdir()
    server = VictoriaServer(tmp_path / "victoria").start()
    table = sink_table(f"{server.url}/api/v1/write", f"{server.url}/metrics", 12.0)
    # 60 runs of a second each, and it is killed three times in between.
    began_s, pushed_ms = time.monotonic(), set[int]()
    try:
        config = "[ingest]\npushes_per_s = 1000\n" + table
        async with collector(tmp_path, config=config) as client:
            agent = device()
            pusher = Pusher(client, agent, token(tmp_path, SITE))
            for number in range(60):
                at_ns = NOW - (60 - number) * S
                batch = agent.batch(at_ns + S // 2, [icmp_result(at_ns)])
                assert (await pusher.batch(batch)).is_success
                pushed_ms.add(agent.epoch_ns // 1_000_000 + at_ns // 1_000_000)
                await asyncio.sleep(max(0.0, began_s + number / 6 - time.monotonic()))
                if number % 20 == 15:
                    await eventually(partial(delivered, client))
                    server.kill()
                    server.start()
            await eventually(lambda: stored_ms(server) == pushed_ms)
    finally:
        server.stop()


def stored_ms(server: VictoriaServer) -> set[int]:
    exported = server.exported(f'thongsuot_icmp_success{{site="{SITE}"}}')
    return {at_ms for _, samples in exported for at_ms, _ in samples}


async def test_a_receiver_that_does_not_identify_its_process_gets_everything_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with receiver(always(204)) as there:
        table = sink_table(there.url, f"http://127.0.0.1:{there.port}/metrics", 0.3)
        async with collector(tmp_path, config=table) as client:
            await push(client, token(tmp_path, SITE), device(), 3)
            await eventually(partial(delivered, client))
            await eventually(lambda: "without process_start_time_seconds" in caplog.text)
        before = await samples_sent(tmp_path, table)
        assert before == await samples_sent(tmp_path, table) > 0


async def samples_sent(folder: Path, table: str) -> int:
    """Return how many samples another start of the collector delivers."""

    async def is_done(client: httpx.AsyncClient) -> bool:
        return await metric(client, "sink_samples_total") >= 3

    async with collector(folder, config=table) as client:
        await eventually(partial(is_done, client))
        await eventually(partial(delivered, client))
        return int(await metric(client, "sink_samples_total"))
