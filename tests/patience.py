"""Waiting for a process by its progress: how long that takes is the machine's load."""

import asyncio
import os
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.collector.running import WITHIN_S

_LOOK_EVERY_S = 0.5
NS_PER_S = 1_000_000_000


def starved_ns(pid: int) -> int:
    """Return how long the threads of a process have waited for a processor so far."""
    waited_ns = 0
    try:
        for task in os.scandir(f"/proc/{pid}/task"):
            with suppress(OSError):  # it has ended meanwhile
                waited_ns += int(Path(task.path, "schedstat").read_text().split()[1])
    except OSError:
        pass  # the process has ended, also in the middle
    return waited_ns


def awake_s(*pids: int) -> float:
    """
    Return a clock in seconds for a bound on what this process and others did: it stands still while
    one of their threads waits for a processor. The others have to be alive at both ends.
    """
    return time.monotonic() - sum(map(starved_ns, (os.getpid(), *pids))) / NS_PER_S


def descendants() -> set[int]:
    """Return all processes that this one has started, and those that they have."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text("utf-8", "replace").rpartition(")")[2].split()
        except OSError:
            continue  # it has just ended
        parents[int(stat.parent.name)] = int(fields[1])
    found: set[int] = set()
    more = {os.getpid()}
    while more:
        more = {pid for pid, parent in parents.items() if parent in more}
        found |= more
    return found


def _starved_by_pid() -> dict[int, int]:
    return {pid: starved_ns(pid) for pid in (os.getpid(), *descendants())}


class LostTime:
    """
    How long this process and its descendants were kept from running: by pauses of the machine, and
    by waiting for a processor.

    More than was lost rather than less: a pause is counted for each of them that wanted to run in
    it. It is for a bound on how long something takes that all of them do together.
    """

    _EVERY_S = 0.02

    def __init__(self) -> None:
        self._paused_s = 0.0
        self._ended = threading.Event()
        self._watching = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> Self:
        self._watching.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._watching.join()

    def since_s(self) -> Callable[[], float]:
        """Return what tells, in seconds, what was lost from now on."""
        paused_s = self._paused_s
        before_ns = _starved_by_pid()

        def lost_s() -> float:
            waited_ns = sum(
                max(0, now_ns - before_ns.get(pid, 0)) for pid, now_ns in _starved_by_pid().items()
            )
            return self._paused_s - paused_s + waited_ns / NS_PER_S

        return lost_s

    def _watch(self) -> None:
        looked_s = time.monotonic()
        while not self._ended.wait(self._EVERY_S):
            now_s = time.monotonic()
            self._paused_s += max(0.0, now_s - looked_s - 2 * self._EVERY_S)
            looked_s = now_s


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
