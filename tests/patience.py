"""Waiting for a process by its progress: how long that takes is the machine's load."""

import asyncio
import os
import time
from collections.abc import Callable
from pathlib import Path

from tests.collector.running import WITHIN_S

_LOOK_EVERY_S = 0.5
NS_PER_S = 1_000_000_000


def starved_ns(pid: int) -> int:
    """Return how long the threads of a process have waited for a processor so far."""
    waited_ns = 0
    for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        try:
            waited_ns += int(task.read_text().split()[1])
        except OSError:
            continue  # it has ended meanwhile
    return waited_ns


def awake_s(*pids: int) -> float:
    """
    Return a clock in seconds for a bound on what this process and others did: it stands still while
    one of their threads waits for a processor. The others have to be alive at both ends.
    """
    return time.monotonic() - sum(map(starved_ns, (os.getpid(), *pids))) / NS_PER_S


class Patience:
    """
    Fails once nothing has advanced for a while in which the processes had a processor.

    Time in which one of them waits for a processor does not count: a process that is starved is
    slow, one that is stuck is broken.
    """

    def __init__(
        self,
        *pids: int,
        within_s: float = WITHIN_S,
        clock: Callable[[], float] = time.monotonic,
        starved_ns: Callable[[int], int] = starved_ns,
    ) -> None:
        self._pids = (os.getpid(), *pids)
        self._clock = clock
        self._of_process_ns = starved_ns
        self._within_s = within_s
        self._starved_ns = 0
        self._advanced_s = self._awake_s()

    def advance(self) -> None:
        """Note that something has advanced."""
        self._advanced_s = self._awake_s()

    async def watch(self) -> None:
        """
        Look until cancelled.

        Raises:
            AssertionError: nothing has advanced for too long.
        """
        while True:
            await asyncio.sleep(_LOOK_EVERY_S)
            self.check()

    def check(self) -> None:
        """
        Look once.

        Raises:
            AssertionError: nothing has advanced for too long.
        """
        idle_s = self._awake_s() - self._advanced_s
        assert idle_s <= self._within_s, f"nothing has advanced for {idle_s:.0f} s"

    def _awake_s(self) -> float:
        self._starved_ns = max(self._starved_ns, sum(map(self._of_process_ns, self._pids)))
        return self._clock() - self._starved_ns / NS_PER_S
