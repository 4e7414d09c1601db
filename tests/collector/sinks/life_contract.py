"""
The life of a sink whose database is away for a day, slow, choosy, and back: each kind's test
module runs it against a real server.

What it holds: nothing that the database would take is missing from it, nothing else waits for it
(neither agents nor another sink), and every sample is counted as sent or dropped.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.collector.batches import BatchSealer, S, icmp_result, usual_results
from tests.collector.running import Pusher, collector, eventually, token
from tests.collector.sinks.gate import FaultProxy, fault_proxy, nothing
from tests.collector.sinks.http_sink_contract import Sink
from tests.collector.sinks.receiver import Answer, ReceivedRequest, always, receiver
from tests.collector.sinks.sink_contract import metric
from thongsuot_schema.catalogue.loader import load
from thongsuot_schema.metric import PREFIX
from thongsuot_schema.result import Result

HOUR = 3600 * S
NOW = 100 * HOUR
BAD = 0.666
"""A round-trip time that the choosy database does not like."""

Sample = tuple[str, str, str, int]
"""Metric, link, target, time in ms."""
Stored = Callable[[], Mapping[Sample, list[float]]]
"""What the server holds of the site, all values that it has at one time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkUnderTest:
    """
    What a kind of sink and a real server bring to the contract.

    ``table`` is one ``[[sinks]]`` table named ``database`` for a URL; ``holds`` tells whether a
    request has a value in it.
    """

    site: str
    server_url: str
    table: Callable[[str], str]
    holds: Callable[[ReceivedRequest, float], bool]
    stored: Stored


@dataclass(slots=True)
class SinkLifecycle:
    """One agent, the collector, and what the database should hold in the end."""

    client: httpx.AsyncClient
    agent: BatchSealer
    pusher: Pusher
    expected: dict[Sample, list[float]] = field(default_factory=dict)
    samples: int = 0

    async def push(self, sealed_ns: int, results: list[Result], *, taken: bool = True) -> None:
        """Push a batch; it has to be acknowledged whatever the database does."""
        batch = self.agent.batch(sealed_ns, results)
        answer = await self.pusher.batch(batch, boottime_ns=self.agent.uptime_ns())
        assert answer.status_code == 200, answer.text
        for result in results:
            for sample, value in samples_of(result, self.agent.epoch_ns):
                self.samples += 1
                if taken and BAD not in result.finding.values.values():
                    self.expected.setdefault(sample, []).append(value)

    async def count(self, name: str, sink: str = "database") -> int:
        return int(await metric(self.client, name, having=f'"{sink}"'))

    async def all_done(self, sink: str = "database") -> bool:
        done = await self.count("sink_samples_total", sink)
        done += await self.count("sink_dropped_samples_total", sink)
        return done == self.samples and await self.count("consumer_lag_entries", sink) == 0


def samples_of(result: Result, epoch_ns: int) -> Iterable[tuple[Sample, float]]:
    """Yield the samples of a result that is ok."""
    series = result.series
    time_ms = epoch_ns // 1_000_000 + result.boottime_ns // 1_000_000
    named = {PREFIX + name: value for name, value in result.finding.values.items()}
    for name, value in (named | {load(series.kind).success_name: 1.0}).items():
        yield (name, series.link, series.target, time_ms), value


async def live_through_it(life: SinkUnderTest, folder: Path) -> None:
    """A working database; a day without; slow; choosy; refusing everything; and well again."""
    async with AsyncExitStack() as stack:
        before = await stack.enter_async_context(fault_proxy(life.server_url))
        other = await stack.enter_async_context(receiver(always(204)))
        tables = life.table(before.url) + (
            '[[sinks]]\nkind = "remote_write"\nname = "other"\nlinger_s = 0.0\n'
            f'url = "{other.url}"\n'
        )
        config = "[ingest]\npushes_per_s = 1000\n" + tables
        client = await stack.enter_async_context(collector(folder, config=config))
        agent = BatchSealer(life.site, epoch_ns=time.time_ns() - NOW)
        city = SinkLifecycle(client, agent, Pusher(client, agent, token(folder, life.site)))
        day = NOW - 24 * HOUR
        await city.push(day, usual_results(day - 15 * S))
        await eventually(city.all_done)
        await away_for_a_day_then_slow(city, before, day)
        await choosy(city, before, life)
        await refusing_everything(city, before)
        await city.push(NOW - 2 * S, usual_results(NOW - 17 * S, seed=1000))
        await eventually(city.all_done)
        await eventually(lambda: city.all_done("other"))
        sent = await city.count("sink_samples_total")
    assert sent == sum(map(len, city.expected.values()))
    # What it took, a database shows within moments, not at once.
    await eventually(lambda: len(life.stored()) >= len(city.expected))
    assert life.stored() == city.expected


async def away_for_a_day_then_slow(city: SinkLifecycle, before: FaultProxy, day: int) -> None:
    """A batch each quarter of an hour: as many as make it fall far behind."""
    before.is_shut = True
    for quarter in range(1, 95):
        sealed = day + quarter * HOUR // 4
        await city.push(sealed, usual_results(sealed - 15 * S, seed=quarter))
    await eventually(lambda: city.all_done("other"))
    await eventually(lambda: before.turned_away >= 3)
    assert await city.count("consumer_lag_entries") >= 94
    before.delay_s = 0.2
    before.is_shut = False
    for place in range(3):
        sealed = NOW - (300 - place * 60) * S
        await city.push(sealed, usual_results(sealed - 15 * S, seed=place))
    await eventually(lambda: city.all_done("other"))
    await eventually(city.all_done)
    before.delay_s = 0.0
    assert await city.count("sink_dropped_samples_total") == 0


async def choosy(city: SinkLifecycle, before: FaultProxy, life: SinkUnderTest) -> None:
    """Two samples are refused, whatever is with them in a request."""

    def refuses(request: ReceivedRequest) -> Answer | None:
        return (400, {}, b"no such value") if life.holds(request, BAD) else None

    before.refuses = refuses
    results = [
        icmp_result(NOW - (100 - place) * S, rtt_s=BAD if place in {5, 30} else 0.02)
        for place in range(40)
    ]
    # A link without any run would have its series ended, by those who can end one.
    results.append(icmp_result(NOW - 60 * S, link="5g"))
    await city.push(NOW - 50 * S, results)
    await eventually(city.all_done)
    dropped = await city.count("sink_dropped_samples_total")
    # Some databases refuse a sample, some the point that it is in: its other metrics go with it.
    for result in (results[5], results[30]):
        for sample, value in samples_of(result, city.agent.epoch_ns):
            if value != BAD and dropped == 2:
                city.expected[sample] = [value]
    assert dropped in {2, 8}


async def refusing_everything(city: SinkLifecycle, before: FaultProxy) -> None:
    """What nobody takes is dropped and counted; it stands in the way of nothing."""
    dropped = await city.count("sink_dropped_samples_total")
    before.refuses = lambda _request: (400, {}, b"no")
    results = usual_results(NOW - 40 * S, seed=77)
    await city.push(NOW - 20 * S, results, taken=False)
    await eventually(city.all_done)
    assert await city.count("sink_dropped_samples_total") == dropped + 4 * len(results)
    before.refuses = nothing


__all__ = ["Sample", "Sink", "SinkUnderTest", "live_through_it"]
