"""How long a collector that stops may take to finish its work."""

import asyncio

from thongsuot_collector.app.shutdown import within


async def test_the_end_does_not_wait_for_work_that_takes_hours() -> None:
    done: list[str] = []

    async def hours() -> None:
        done.append("a part")
        await asyncio.Event().wait()
        done.append("all")

    async def little() -> None:
        await asyncio.sleep(0)
        done.append("little")

    await within(hours(), limit_s=0.01)
    await within(little())
    assert done == ["a part", "little"]
