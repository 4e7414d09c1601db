"""
The first byte of the wall from a collector with a whole city and a month of record.

    python -m bench.wall

126 communes, 500 points, 1,000 links; each point has pushed once, and the store holds 30 days of
intervals and closed incidents. The page is asked for over loopback, one request at a time on a
new connection; the first byte is what counts, and what the process computed for it stands beside.

Goal: at most 100 ms of computing for a page (median): the first byte where nothing else runs.
"""

import asyncio
import resource
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

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

REQUESTS = 50
GOAL_S = 0.100
DAYS = 30
CHANGES_A_DAY = 4
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


async def measure(folder: Path) -> tuple[list[float], list[float], int]:
    """Return the seconds to the first byte, those computed for a page, and its size."""
    city = inventory()
    sites = [site.name for at, site in enumerate(city.sites) if at % NOT_INSTALLED_EVERY]
    secrets = fill(folder, sites)
    first, computed, size = [], [], 0
    async with collector(folder, inventory=city) as client:
        for site in sites:
            stream = digest_of(site.encode()).hex()[:16]
            agent = BatchSealer(site, stream=stream, epoch_ns=time.time_ns() - BOOTED_NS)
            now_ns = time.time_ns() - agent.epoch_ns
            changes = [change(now_ns, State.UP, link=link) for link in ("fixed", "mobile")]
            batch = agent.batch(now_ns, [icmp_result(now_ns - S, link="fixed")], changes=changes)
            answer = await Pusher(client, agent, secrets[site]).batch(batch, boottime_ns=now_ns)
            answer.raise_for_status()

        async def is_heard() -> bool:
            summary = (await client.get("/api/v1/summary")).json()
            return bool(summary["installed"] == len(sites))

        await eventually(is_heard)
        for _ in range(REQUESTS):
            used, started = resource.getrusage(resource.RUSAGE_SELF).ru_utime, time.monotonic()
            async with client.stream("GET", "/wall", headers={"Connection": "close"}) as response:
                response.raise_for_status()
                first.append(time.monotonic() - started)
                size = len(await response.aread())
            computed.append(resource.getrusage(resource.RUSAGE_SELF).ru_utime - used)
    return sorted(first), sorted(computed), size


def main() -> int:
    """Measure, print, and compare with the goal."""
    with tempfile.TemporaryDirectory() as folder:
        first, computed, size = asyncio.run(measure(Path(folder)))
    print(f"wall: {size / 1000:.0f} KB for 126 communes, 500 points, 1,000 links")
    print(
        f"wall: first byte after {median(first) * 1e3:.0f} ms (median of {REQUESTS}), "
        f"{first[-1] * 1e3:.0f} ms at most; computing {median(computed) * 1e3:.0f} ms"
    )
    return 0 if median(computed) <= GOAL_S else 1


if __name__ == "__main__":
    sys.exit(main())
