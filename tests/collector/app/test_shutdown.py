"""How long a collector that stops may take to finish its work."""

import asyncio

import pytest

from tests.loop_clock import LoopClock
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


async def test_a_machine_that_is_paused_cuts_no_work_short(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = LoopClock(monkeypatch)
    done: list[str] = []

    async def little() -> None:
        await asyncio.sleep(0)
        clock.put_forward(100.0)
        for _ in range(5):
            await asyncio.sleep(0)
        done.append("little")

    await within(little(), limit_s=50.0)
    assert done == ["little"]


async def test_work_that_fails_fails_the_end() -> None:
    async def fail() -> None:
        raise OSError("no space")

    with pytest.raises(OSError, match="no space"):
        await within(fail())
