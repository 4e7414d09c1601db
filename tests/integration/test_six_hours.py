"""
Six hours with every uplink dead, on a real record: at the end all that the agent made is in the
collector's journal once, and in a real Prometheus at its own time.

The hours are compressed by the agent's clock alone. The record is on a disk, the pushes go through
real sockets, the agent is started again in the middle and loses its power once.
"""

import asyncio
import shutil
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from tests.agent.spool.making import change, places
from tests.collector.batches import usual_results
from tests.collector.running import collector, eventually, token
from tests.fakes.clock import FakeClock
from tests.integration.device import pushing
from tests.integration.test_prometheus_remote_write import metric, sink
from tests.servers import PrometheusServer
from tests.timing import MS
from thongsuot_agent.clock import Clocks
from thongsuot_agent.config.model import SpoolConfig
from thongsuot_agent.spool.spool import Spool
from thongsuot_collector.app.durable import JOURNAL_FILE
from thongsuot_lab.matrix.journal_reader import StoredBatch, stored_batches
from thongsuot_lab.matrix.site_reconciliation import (
    NS_PER_MS,
    SiteReconciliation,
    expected_samples,
    prometheus_samples,
    run_key,
)
from thongsuot_schema.reason import Reason
from thongsuot_schema.result import Result, failed_finding

pytestmark = [pytest.mark.servers, pytest.mark.nightly]

NS_PER_S = 1_000_000_000
SITE = "six-hours"
OUTAGE_S = 6 * 3600
PUSH_EVERY_S = 15
SEALS = OUTAGE_S // PUSH_EVERY_S
CHANGES = 12
PUSHED_WITHIN_S = 600.0
"""A push is durable there before the next one goes: 1440 of them take half a minute when idle."""
RESTART_AT, POWER_CUT_AT = SEALS // 3, SEALS // 2 + 7
BOOTS = ("00000000-0000-4000-8000-00000000000a", "00000000-0000-4000-8000-00000000000b")
AT_RISK = round(SpoolConfig().disk_after_s / PUSH_EVERY_S) + 2
"""Push intervals that are in memory alone: those that wait to be brought, sealed or not yet."""
SECOND_BOOT_NS = 1_000_000 * NS_PER_S
"""Boot time of the second boot: far from the first, so that runs are told apart by it."""


@dataclass
class OutageDevice:
    """An agent's record, and what was put into it."""

    root: Path
    clock: FakeClock
    boot: str = BOOTS[0]
    reconciliation: SiteReconciliation = field(default_factory=SiteReconciliation)
    waiting: int = 0

    async def started(self) -> Spool:
        """Start the agent: its record as it finds it."""
        clock = clock_of(self.clock)
        spool = Spool(
            SpoolConfig(),
            places(self.root),
            clock,
            site=SITE,
            boot_id=self.boot,
            trusted_wall_ns=clock.wall_ns,
        )
        await spool.open()
        return spool

    async def measure(self, spool: Spool, number: int) -> None:
        """Make what one push interval has, and now and then a verdict change."""
        self.clock.advance(PUSH_EVERY_S)
        now_ns = self.clock.boottime_ns()
        for result in in_an_outage(now_ns - PUSH_EVERY_S * NS_PER_S, number):
            spool.add_entry(result)
            self.reconciliation.logged_runs[run_key(result)] += 1
        if number % (SEALS // CHANGES) == 0:
            ms = now_ns // NS_PER_MS
            turn = change(ms)
            spool.add_entry(turn)
            self.reconciliation.logged_changes[
                turn.verdict.link, "", turn.verdict.state.value, ms
            ] += 1
            # News is sealed and brought to the disk at once.
            spool.seal()
            await spool.maintain()

    async def lose_power(self, spool: Spool) -> Spool:
        """Lose what is in memory alone, and boot again."""
        spool._record.close()
        await spool._store.close()
        shutil.rmtree(places(self.root).runtime_dir)
        self.boot = BOOTS[1]
        self.clock = FakeClock(boottime_ns=SECOND_BOOT_NS, wall_ns=self.clock.wall_ns())
        return await self.started()


@dataclass(frozen=True, kw_only=True)
class OutageResult:
    """What is there when all has been pushed."""

    reconciliation: SiteReconciliation
    everything: list[StoredBatch]
    in_prometheus: Counter[tuple[str, int]]
    waiting: int
    pushed_s: float


def clock_of(fake: FakeClock) -> Clocks:
    """Return a clock that goes as a fake one, and on from where it stands."""
    stopped_s = time.monotonic()

    def since_ns() -> int:
        return round((time.monotonic() - stopped_s) * NS_PER_S)

    return Clocks(
        boottime_ns=lambda: fake.boottime_ns() + since_ns(),
        wall_ns=lambda: fake.wall_ns() + since_ns(),
        error_s=lambda: 0.01,
    )


def in_an_outage(from_ns: int, seed: int) -> Iterator[Result]:
    """Yield what a push interval finds while hardly anything answers."""
    for place, result in enumerate(usual_results(from_ns, seed=seed)):
        finding = result.finding if place % 6 == 0 else failed_finding(Reason.TIMED_OUT)
        yield msgspec.structs.replace(result, finding=finding)


async def live_through_outage(device: OutageDevice) -> Spool:
    """Let six hours pass; returns the record as it is at their end."""
    spool = await device.started()
    for number in range(SEALS):
        await device.measure(spool, number)
        if number == RESTART_AT:
            await spool.close()
            spool = await device.started()
        elif number == POWER_CUT_AT:
            spool = await device.lose_power(spool)
        spool.seal()
        await spool.maintain()
    device.waiting = spool.status().waiting_batches
    return spool


async def aftermath_of(root: Path, prometheus: PrometheusServer) -> OutageResult:
    """Live through the outage, push everything and read what is there."""
    began_ns = time.time_ns() - (OUTAGE_S + PUSH_EVERY_S) * NS_PER_S
    device = OutageDevice(root / "device", FakeClock(wall_ns=began_ns))
    spool = await live_through_outage(device)
    state = root / "collector"
    state.mkdir()
    async with collector(state, config=sink(prometheus)) as client:
        started = time.monotonic()
        secret = token(state, SITE)
        async with (
            pushing(
                spool,
                str(client.base_url),
                secret,
                boot=device.boot,
                clock=clock_of(device.clock),
            ) as uplink,
            asyncio.timeout(PUSHED_WITHIN_S * 1000 * MS),
        ):
            while spool.status().waiting_batches:
                uplink.wake()
                await asyncio.sleep(100 * MS)

        async def is_delivered() -> bool:
            return await metric(client, "thongsuot_collector_consumer_lag_entries") == 0

        await eventually(is_delivered)
        pushed_s = time.monotonic() - started
    await spool.close()
    everything = list(stored_batches(state / JOURNAL_FILE))
    for kept in everything:
        device.reconciliation.read_batch(kept)
    samples = prometheus_samples(prometheus.url, range_s=OUTAGE_S + 3600)
    return OutageResult(
        reconciliation=device.reconciliation,
        everything=everything,
        in_prometheus=Counter(sample for sample in samples if f" {SITE} " in sample[0]),
        waiting=device.waiting,
        pushed_s=pushed_s,
    )


@pytest.fixture(scope="module")
def aftermath(
    prometheus: PrometheusServer, tmp_path_factory: pytest.TempPathFactory
) -> OutageResult:
    return asyncio.run(aftermath_of(tmp_path_factory.mktemp("six-hours"), prometheus))


def test_the_account_of_six_hours_is_printed(
    aftermath: OutageResult, capsys: pytest.CaptureFixture[str]
) -> None:
    with capsys.disabled():
        sys.stdout.write(
            f"\n{aftermath.reconciliation.line(SITE)}; {aftermath.waiting} batches waited, "
            f"pushed in {aftermath.pushed_s:.0f} s; "
            f"{aftermath.in_prometheus.total()} outcomes in Prometheus\n"
        )


def test_the_batches_of_six_hours_waited_on_the_device(aftermath: OutageResult) -> None:
    assert aftermath.waiting >= SEALS - AT_RISK


def test_results_are_in_the_journal_once_except_those_lost_with_the_power(
    aftermath: OutageResult,
) -> None:
    reconciliation = aftermath.reconciliation
    assert reconciliation.duplicated == []
    assert reconciliation.unlogged == 0
    times_ms = [key[-1] for key in reconciliation.missing_runs]
    assert times_ms, "the power cut took what was in memory"
    lost_s = (max(times_ms) - min(times_ms)) / 1000
    assert lost_s <= AT_RISK * PUSH_EVERY_S, reconciliation.line(SITE)
    assert max(times_ms) < SECOND_BOOT_NS // NS_PER_MS
    assert len(reconciliation.gaps) == 1, reconciliation.gaps


def test_no_verdict_change_is_lost(aftermath: OutageResult) -> None:
    assert aftermath.reconciliation.logged_changes.total() == CHANGES
    assert not aftermath.reconciliation.missing_changes


def test_prometheus_has_every_result_at_its_own_time(aftermath: OutageResult) -> None:
    made = Counter(sample for kept in aftermath.everything for sample in expected_samples(kept))
    assert made - aftermath.in_prometheus == Counter(), "missing in Prometheus"
    assert aftermath.in_prometheus - made == Counter(), "nobody measured that"
    times_s = [ms / 1000 for _, ms in aftermath.in_prometheus]
    assert max(times_s) - min(times_s) > OUTAGE_S - 60
