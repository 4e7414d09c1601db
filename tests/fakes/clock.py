"""
A clock that jumps when all tasks wait, so that an hour passes in a moment and in the same order.

For code that waits on timers only. Real sockets do not know that time has jumped: where packets are
real, the clock has to be too. Work handed to threads is waited for in real time, while the clock
stands still.
"""

import asyncio
import math
import selectors
from collections.abc import Callable, Coroutine
from concurrent.futures import Executor
from typing import Any, TypeVar, TypeVarTuple

NS_PER_S = 1_000_000_000

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


class FakeClock:
    """
    Boot time and wall time that move only when nothing else is left to do.

    The methods are what the agent's ``Clock`` holds as functions; ``run`` gives a coroutine an
    event loop that goes by this clock, so ``asyncio.sleep`` and ``asyncio.timeout`` do as well.
    """

    def __init__(
        self, *, boottime_ns: int = 1_000 * NS_PER_S, wall_ns: int = 1_800_000_000 * NS_PER_S
    ) -> None:
        self._boottime_ns = boottime_ns
        self._offset_ns = wall_ns - boottime_ns

    def boottime_ns(self) -> int:
        """Nanoseconds since the pretended boot; never steps."""
        return self._boottime_ns

    def wall_ns(self) -> int:
        """Nanoseconds since the epoch by the pretended wall clock."""
        return self._boottime_ns + self._offset_ns

    def monotonic_s(self) -> float:
        """Boot time in seconds; what the event loop goes by."""
        return self._boottime_ns / NS_PER_S

    def advance(self, by_s: float) -> None:
        """Let time pass at once, as a busy CPU would: timers that fall due in it run late."""
        assert by_s >= 0, "boot time does not run backwards"
        self._boottime_ns += math.ceil(by_s * NS_PER_S)

    def step_wall(self, by_s: float) -> None:
        """Step the wall clock, as NTP or a person would; boot time goes on."""
        self._offset_ns += round(by_s * NS_PER_S)

    def run(self, main: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine to its end. Raises AssertionError where it would hang forever."""
        with asyncio.Runner(loop_factory=lambda: _JumpingLoop(self)) as runner:
            return runner.run(main)


class _JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop whose time is a FakeClock's."""

    def __init__(self, clock: FakeClock) -> None:
        self._clock = clock
        self._in_threads = 0
        super().__init__(_JumpingSelector(clock, lambda: self._in_threads > 0))

    def time(self) -> float:
        return self._clock.monotonic_s()

    def run_in_executor(
        self, executor: Executor | None, func: Callable[[*Ts], T], *args: *Ts
    ) -> asyncio.Future[T]:
        self._in_threads += 1
        future = super().run_in_executor(executor, func, *args)
        future.add_done_callback(self._back_from_thread)
        return future

    async def shutdown_default_executor(self, timeout: float | None = None) -> None:  # noqa: ASYNC109, ARG002
        # The signature is asyncio's; Python 3.11 has it without the time limit; no test needs it.
        # The threads are joined by one more thread, which tells the loop when it is done.
        self._in_threads += 1
        await super().shutdown_default_executor()

    def _back_from_thread(self, _: asyncio.Future[T]) -> None:
        self._in_threads -= 1


class _JumpingSelector(selectors.DefaultSelector):
    """Where the loop would sleep, the clock jumps instead."""

    def __init__(self, clock: FakeClock, threads_work: Callable[[], bool]) -> None:
        super().__init__()
        self._clock = clock
        self._threads_work = threads_work

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if ready or timeout == 0:
            return ready
        if self._threads_work():
            return super().select(None)
        assert timeout is not None, "every task waits and no timer is set: this would hang for ever"
        self._clock.advance(timeout)
        return []
