"""
Time to first byte of the city's pages from a collector with a whole city and a month of record.

    python -m bench.wall

126 communes, 500 points, 1,000 links; each point has pushed once, and the store holds 30 days of
intervals and closed incidents. Each page is requested over loopback, one request at a time on a new
connection; the result is the time to the first byte, with the CPU time of the process beside it.

Goal: at most 100 ms of CPU for each page (median): the time to the first byte on an idle machine.
"""

import asyncio
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx
from tests.collector.batches import BatchSealer, S, change, icmp_result
from tests.collector.queries.large_city import NOT_INSTALLED_EVERY, inventory
from tests.collector.running import Pusher, collector, eventually

from thongsuot_collector.app.durable import STORE_FILE
from thongsuot_collector.correlation import rows
from thongsuot_collector.correlation.rows import IncidentWrites
from thongsuot_collector.store import tokens
from thongsuot_collector.store.engine import open_store
from thongsuot_collector.timeline.interval import Interval, Rewrite
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.state import State

PAGES = ("/", "/wall", "/sites", "/links", "/incidents")
REQUESTS = 30
GOAL_S = 0.100
DAYS = 30
CHANGES_A_DAY = 4
_CONFIG = "[page]\nsilent_after_s = 86400\n"
"""Each point pushes once: however long the run takes, none of them is silent."""

BOOTED_NS = 9_000 * S
DAY_NS = 86_400 * 10**9


def month_of(subject: Subject, now_ns: int) -> Rewrite:
    """Return a month of a link: some short faults each day."""
    step_ns = DAY_NS // CHANGES_A_DAY
    from_ns = now_ns - DAYS * DAY_NS
    starts = range(from_ns, now_ns - step_ns, step_ns)
    intervals = tuple(
        Interval(start_ns=start + at, end_ns=start + end, state=state)
        for start in starts
        for at, end, state in ((0, 60 * S, State.DOWN), (60 * S, step_ns, State.UP))
    )
    return Rewrite(
        subject=subject, from_ns=from_ns, until_ns=intervals[-1].end_ns, intervals=intervals
    )


def fill(folder: Path, sites: list[str]) -> dict[str, str]:
    """Write a month of record; return a token for each site."""
    store, now_ns = open_store(folder / STORE_FILE), time.time_ns()
    for site in sites:
        rewrites = [month_of(Subject(site, link), now_ns) for link in ("fixed", "mobile")]
        rows.write_changes(store, IncidentWrites(rewrites=rewrites), consumer="bench")
    secrets = {site: tokens.create(store, site) for site in sites}
    store.dispose()
    return secrets


@dataclass(frozen=True, slots=True)
class PageCost:
    """One page: seconds to its first byte and CPU seconds, sorted; its size."""

    path: str
    first_s: list[float]
    computed_s: list[float]
    size_bytes: int

    def __str__(self) -> str:
        return (
            f"wall: {self.path:10} {self.size_bytes / 1000:4.0f} KB, first byte after "
            f"{median(self.first_s) * 1e3:4.0f} ms (median of {REQUESTS}), "
            f"{self.first_s[-1] * 1e3:4.0f} ms at most; "
            f"computing {median(self.computed_s) * 1e3:3.0f} ms"
        )


async def cost_of(client: httpx.AsyncClient, path: str) -> PageCost:
    """Request a page repeatedly."""
    first, computed, size = [], [], 0
    for _ in range(REQUESTS):
        used, started = resource.getrusage(resource.RUSAGE_SELF).ru_utime, time.monotonic()
        async with client.stream("GET", path, headers={"Connection": "close"}) as response:
            response.raise_for_status()
            first.append(time.monotonic() - started)
            size = len(await response.aread())
        computed.append(resource.getrusage(resource.RUSAGE_SELF).ru_utime - used)
    return PageCost(path, sorted(first), sorted(computed), size)


@asynccontextmanager
async def watched_city(folder: Path, *, down: int = 0) -> AsyncIterator[httpx.AsyncClient]:
    """Run the city's collector; each point pushes once, some with their fixed line down."""
    city = inventory()
    sites = [site.name for at, site in enumerate(city.sites) if at % NOT_INSTALLED_EVERY]
    secrets = fill(folder, sites)
    async with collector(folder, config=_CONFIG, inventory=city) as client:
        for place, site in enumerate(sites):
            stream = digest_of(site.encode()).hex()[:16]
            agent = BatchSealer(site, stream=stream, epoch_ns=time.time_ns() - BOOTED_NS)
            now_ns = time.time_ns() - agent.epoch_ns
            fixed = State.DOWN if place < down else State.UP
            changes = [
                change(now_ns, state, link=link)
                for link, state in (("fixed", fixed), ("mobile", State.UP))
            ]
            batch = agent.batch(now_ns, [icmp_result(now_ns - S, link="fixed")], changes=changes)
            answer = await Pusher(client, agent, secrets[site]).batch(batch, boottime_ns=now_ns)
            answer.raise_for_status()

        async def is_heard() -> bool:
            summary = (await client.get("/api/v1/summary")).json()
            return bool(summary["installed"] == len(sites))

        await eventually(is_heard)
        yield client


async def measure(folder: Path) -> list[PageCost]:
    """Return the cost of each page."""
    async with watched_city(folder) as client:
        return [await cost_of(client, path) for path in PAGES]


def main() -> int:
    """Measure, print, and compare with the goal."""
    with tempfile.TemporaryDirectory() as folder:
        costs = asyncio.run(measure(Path(folder)))
    print("wall: 126 communes, 500 points, 1,000 links, 30 days")
    print(*costs, sep="\n")
    return 0 if all(median(cost.computed_s) <= GOAL_S for cost in costs) else 1


if __name__ == "__main__":
    sys.exit(main())
