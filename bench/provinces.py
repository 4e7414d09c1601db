"""
The cost of a page that shows all provinces, each a city with its own collector.

    python -m bench.provinces

A real collector with 126 communes and 500 points, a month of record and 25 fixed lines down is
queried for the data of such a page: the summary and the open incidents, and every list again with
its ``ETag``. The cost of querying all provinces follows from that. Client and collector are one
process here, so CPU times are those of both together.
"""

import asyncio
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import httpx
from bench.wall import watched_city
from tests.collector.running import eventually

PROVINCES, COMMUNES, POINTS, LARGEST_COMMUNES = 34, 3_321, 15_000, 168
"""
Provinces of the country since July 2025; the largest is Ho Chi Minh City. Numbers of points are
those of the plan.
"""

ASK_EVERY_S = 15.0
PUSH_EVERY_S = 15.0
DOWN = 25
CALM_S = 5.0
REQUESTS = 30
GOAL_CORE = 0.10
"""A page that takes more of a core than this needs more than a small machine."""

LISTS = ("/api/v1/summary", "/api/v1/incidents?status=open&limit=1000")


@dataclass(frozen=True, slots=True)
class ListCost:
    """One list: its compressed size, and the CPU time of both sides; medians."""

    path: str
    size_bytes: int
    computed_s: float

    def __str__(self) -> str:
        return f"{self.size_bytes} bytes, {self.computed_s * 1e3:.1f} ms of computing"


async def cost_of(client: httpx.AsyncClient, path: str, headers: dict[str, str]) -> ListCost:
    """Request a list repeatedly."""
    sizes, computed = [], []
    for _ in range(REQUESTS):
        before = resource.getrusage(resource.RUSAGE_SELF)
        answer = await client.get(path, headers=headers)
        after = resource.getrusage(resource.RUSAGE_SELF)
        sizes.append(answer.num_bytes_downloaded)
        computed.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return ListCost(path, int(median(sizes)), median(computed))


async def measure(folder: Path) -> list[tuple[ListCost, ListCost]]:
    """Return the cost of each list when it has changed, and when it has not."""
    async with watched_city(folder, down=DOWN) as client:

        async def is_calm() -> bool:
            """Return whether the open incidents have not changed for a while."""
            before = (await client.get(LISTS[1])).raise_for_status()
            await asyncio.sleep(CALM_S)
            after = (await client.get(LISTS[1])).raise_for_status()
            return before.headers["ETag"] == after.headers["ETag"] and after.json()["total"] > 0

        await eventually(is_calm)
        costs = []
        for path in LISTS:
            tag = (await client.get(path)).headers["ETag"]
            fresh = await cost_of(client, path, {})
            costs.append((fresh, await cost_of(client, path, {"If-None-Match": tag})))
        return costs


def main() -> int:
    """Measure, print, and compare the result with the goal."""
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        costs = asyncio.run(measure(Path(folder)))
    print(f"provinces: a city of 126 communes and 500 points, {DOWN} fixed lines down")
    for fresh, same in costs:
        print(f"provinces: {fresh.path}: {fresh}; unchanged {same}")
    size_bytes = sum(fresh.size_bytes for fresh, _ in costs)
    computed_s = sum(fresh.computed_s for fresh, _ in costs)
    asked = PROVINCES / ASK_EVERY_S
    core = asked * computed_s
    print(
        f"provinces: {PROVINCES} asked every {ASK_EVERY_S:g} s, all changed each time: "
        f"{len(LISTS) * asked:.1f} requests/s, {asked * size_bytes / 1000:.1f} KB/s, "
        f"{core * 100:.1f} % of a core at the page and "
        f"{computed_s / ASK_EVERY_S * 100:.2f} % at each collector, at most"
    )
    average, largest = POINTS / PROVINCES, POINTS * LARGEST_COMMUNES / COMMUNES
    print(
        f"provinces: {POINTS} points are {POINTS / PUSH_EVERY_S:.0f} pushes/s; of a province "
        f"{average:.0f} points and {average / PUSH_EVERY_S:.0f} pushes/s, of the largest "
        f"{largest:.0f} and {largest / PUSH_EVERY_S:.0f}"
    )
    print(f"provinces: measured in {time.monotonic() - began_s:.0f} s")
    return 0 if core <= GOAL_CORE else 1


if __name__ == "__main__":
    sys.exit(main())
