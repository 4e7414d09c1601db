"""
Run by the tests: something like a page, wake-ups 10 ms apart, on a CPU that others want.

How long each waits is the scheduler's choice: 2 ms where sessions are groups of their own, 15 ms
where they are not. So there are more of them than in a page.

Prints as JSON how each run was watched, until one is called late, at most 20 times.
"""

import asyncio
import json

from tests.agent.links.starving import give_way, starving
from thongsuot_agent.links.lateness import LatenessWatch

WAKE_UPS, PAUSE_S = 60, 0.010


async def watch_one() -> dict[str, object]:
    with LatenessWatch() as watch:
        for _ in range(WAKE_UPS):
            await asyncio.sleep(PAUSE_S)
    return {"cpu_wait_s": watch.cpu_wait_s, "is_late": watch.is_late}


async def main() -> list[dict[str, object]]:
    reports: list[dict[str, object]] = []
    with starving():
        give_way()
        while len(reports) < 20 and not any(report["is_late"] for report in reports):
            reports.append(await watch_one())
    return reports


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main())))  # noqa: T201 - that is its work
