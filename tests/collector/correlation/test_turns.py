"""The longest turn of the event loop is reported for one to two minutes."""

import asyncio
from collections.abc import Generator

import pytest

from thongsuot_collector.correlation.turns import TurnTimer


class StepClock:
    def __init__(self) -> None:
        self.now_s = 600.0

    def __call__(self) -> float:
        return self.now_s


def take(timer: TurnTimer, clock: StepClock, length_s: float) -> None:
    with timer.turn():
        clock.now_s += length_s


def test_the_longest_turn_of_late_is_known() -> None:
    clock = StepClock()
    timer = TurnTimer(clock)
    assert timer.longest_s == 0.0
    for length_s in (0.25, 2.0, 0.5):
        take(timer, clock, length_s)
    assert timer.longest_s == 2.0
    clock.now_s += 60
    take(timer, clock, 0.5)
    assert timer.longest_s == 2.0
    clock.now_s += 60
    assert timer.longest_s == 0.5
    clock.now_s += 120
    assert timer.longest_s == 0.0


def test_a_turn_that_fails_is_timed_too() -> None:
    clock = StepClock()
    timer = TurnTimer(clock)

    def fail() -> None:
        with timer.turn():
            clock.now_s += 3
            message = "broken"
            raise ValueError(message)

    with pytest.raises(ValueError, match="broken"):
        fail()
    assert timer.longest_s == 3.0


def steps(clock: StepClock, count: int, log: list[str]) -> Generator[None, None, str]:
    """A piece of work of so many steps, of twelve milliseconds each."""
    for number in range(count):
        clock.now_s += 0.0125
        log.append(f"step {number}")
        yield
    return "done"


async def test_others_have_the_loop_between_the_slices_of_a_long_piece_of_work() -> None:
    clock = StepClock()
    log: list[str] = []
    ended: list[str] = []
    timer = TurnTimer(clock)

    async def other() -> None:
        while not ended:
            log.append("other")
            await asyncio.sleep(0)

    task = asyncio.create_task(other())
    await timer.run_in_slices(steps(clock, 20, log), ["s0"], ended.append)
    await task
    assert ended == ["done"]
    assert [line for line in log if line != "other"] == [f"step {number}" for number in range(20)]
    assert log.count("other") >= 9
    assert timer.longest_s == pytest.approx(0.025)


async def test_work_that_has_begun_is_finished_when_it_is_cancelled() -> None:
    clock = StepClock()
    log: list[str] = []
    ended: list[str] = []
    timer = TurnTimer(clock)
    task = asyncio.create_task(timer.run_in_slices(steps(clock, 20, log), ["s0"], ended.append))
    await asyncio.sleep(0)
    assert not ended
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (len(log), ended) == (20, ["done"])


def test_after_a_batch_of_incidents_entries_are_processed_for_as_long() -> None:
    clock = StepClock()
    timer = TurnTimer(clock)
    assert timer.is_pause_over()
    with timer.pausing_as_long():
        clock.now_s += 1.5
    clock.now_s += 1.25
    assert not timer.is_pause_over()
    clock.now_s += 0.25
    assert timer.is_pause_over()
