"""The fake clock against the real one: same order, no waiting, no hanging."""

import asyncio
import time

import pytest

from tests.fakes.clock import NS_PER_S, FakeClock
from tests.timing import MS


async def _scenario(unit_s: float) -> tuple[list[str], float]:
    """
    Timers, a time-out and a queue, whose order is told, and how late the latest of the timers was.
    """
    loop = asyncio.get_running_loop()
    late_s = [0.0]
    events: list[str] = []
    queue: asyncio.Queue[int] = asyncio.Queue()

    async def ticker() -> None:
        for number in range(3):
            due_s = loop.time() + 20 * unit_s
            await asyncio.sleep(20 * unit_s)
            late_s.append(loop.time() - due_s)
            queue.put_nowait(number)
            events.append(f"tick {number}")

    async def reader() -> None:
        number = -1
        while number < 2:
            number = await queue.get()
            events.append(f"read {number}")

    async def impatient() -> None:
        due_s = loop.time() + 30 * unit_s
        try:
            async with asyncio.timeout(30 * unit_s):
                await asyncio.Event().wait()
        except TimeoutError:
            late_s.append(loop.time() - due_s)
            events.append("timed out")

    async with asyncio.TaskGroup() as group:
        for task in (reader, ticker, impatient):
            group.create_task(task())
    return events, max(late_s)


def _in_real_time() -> list[str]:
    """Play it until no timer was late by half of what lies between two, as on a busy machine."""
    for _ in range(100):
        events, late_s = asyncio.run(_scenario(MS))
        if late_s < 5 * MS:
            return events
    pytest.fail("a timer was late each time")


def test_things_happen_in_the_order_of_the_real_clock() -> None:
    assert FakeClock().run(_scenario(3600.0))[0] == _in_real_time()


def test_a_simulated_day_takes_a_moment_and_advances_all_clocks() -> None:
    clock = FakeClock(boottime_ns=5 * NS_PER_S, wall_ns=7 * NS_PER_S)
    started_s = time.process_time()
    clock.run(asyncio.sleep(86_400))
    assert time.process_time() - started_s < 1000 * MS
    assert clock.boottime_ns() == pytest.approx(86_405 * NS_PER_S, abs=1000)
    assert clock.wall_ns() - clock.boottime_ns() == 2 * NS_PER_S


def test_a_step_of_the_wall_clock_leaves_boot_time_alone() -> None:
    clock = FakeClock(boottime_ns=0, wall_ns=100 * NS_PER_S)
    clock.step_wall(-30)
    assert clock.boottime_ns() == 0
    assert clock.wall_ns() == 70 * NS_PER_S


def test_a_busy_cpu_makes_timers_late() -> None:
    clock = FakeClock(boottime_ns=0)

    async def late_by() -> float:
        loop = asyncio.get_running_loop()
        due_s = loop.time() + 1
        waiting = asyncio.create_task(asyncio.sleep(1))
        await asyncio.sleep(0)
        clock.advance(5)
        await waiting
        return loop.time() - due_s

    assert clock.run(late_by()) == pytest.approx(4)


def test_waiting_for_an_event_that_never_comes_is_an_error_and_no_hang() -> None:
    async def hang() -> None:
        await asyncio.Event().wait()

    with pytest.raises(AssertionError, match="hang for ever"):
        FakeClock().run(hang())


def test_work_in_a_thread_takes_no_time_on_the_clock() -> None:
    clock = FakeClock(boottime_ns=0)

    async def work() -> str:
        async with asyncio.timeout(1):
            return await asyncio.to_thread(_slow)

    assert clock.run(work()) == "done"
    assert clock.boottime_ns() < NS_PER_S


def _slow() -> str:
    time.sleep(20 * MS)
    return "done"
