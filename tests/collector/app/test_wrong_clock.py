"""A collector whose machine has a wrong clock for some seconds, from its start on."""

import time
from pathlib import Path

import httpx
import pytest

from tests.collector.app.process import CollectorProcess
from tests.collector.batches import BatchSealer, S, icmp_result
from tests.collector.command_line import run_command
from tests.collector.running import WITHIN_S, Pusher, eventually, token
from tests.plain_http import NO_AUTHORITIES
from thongsuot_collector.app.durable import JOURNAL_FILE
from thongsuot_collector.journal.sqlite_tables import connect
from thongsuot_lab.matrix.injections import libfaketime

SITE = "hoan-kiem"
BATCHES = 30


def kept(folder: Path) -> int:
    connection = connect(folder / "state" / JOURNAL_FILE, writable=False)
    try:
        return int(connection.execute("SELECT count(*) FROM entries").fetchone()[0])
    finally:
        connection.close()


async def push(process: CollectorProcess, agent: BatchSealer, secret: str, batches: int) -> None:
    async with httpx.AsyncClient(
        base_url=process.url, timeout=WITHIN_S, verify=NO_AUTHORITIES
    ) as client:
        pusher = Pusher(client, agent, secret)
        for _ in range(batches):
            at_ns = time.time_ns() - agent.epoch_ns
            batch = agent.batch(at_ns, [icmp_result(at_ns - S)])
            assert (await pusher.batch(batch, boottime_ns=at_ns)).status_code == 200


@pytest.mark.nightly
@pytest.mark.skipif(libfaketime() is None, reason="libfaketime is not installed")
@pytest.mark.parametrize("offset", ["+40d", "-40d"])
async def test_a_clock_that_is_forty_days_wrong_for_seconds_costs_no_entry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, offset: str
) -> None:
    process = CollectorProcess(tmp_path)
    secret = token(tmp_path / "state", SITE)
    agent = BatchSealer(SITE, epoch_ns=time.time_ns() - 5_000 * S)
    await process.start()
    await push(process, agent, secret, BATCHES)
    assert await process.end() == 0
    with monkeypatch.context() as patched:
        patched.setenv("LD_PRELOAD", str(libfaketime()))
        patched.setenv("FAKETIME", offset)
        patched.setenv("DONT_FAKE_MONOTONIC", "1")
        await process.start()
    await push(process, agent, secret, 1)
    # Housekeeping has looked at the journal: its first turn is at the start.
    await eventually(lambda: measured(process))
    assert await process.end() == 0
    await process.start()
    await push(process, agent, secret, 1)
    assert await process.end() == 0
    assert kept(tmp_path) == BATCHES + 2
    status, output = await run_command("verify", "--config", process.config)
    assert status == 0, output


async def measured(process: CollectorProcess) -> bool:
    async with httpx.AsyncClient(
        base_url=process.url, verify=NO_AUTHORITIES, timeout=WITHIN_S
    ) as client:
        text = (await client.get("/metrics")).text
    return f"thongsuot_collector_journal_entries {BATCHES + 1}.0" in text
