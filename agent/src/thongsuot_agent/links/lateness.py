"""
Lateness: how late the agent's own timers ran, and how long it waited for the CPU, so that it can
discount its own results.
"""

import asyncio
import time
from pathlib import Path
from types import TracebackType
from typing import Self

LATE_S = 0.05
"""A timer this late means that the process did not get the CPU: an idle loop is late by 1 ms."""

WAIT_SHARE = 0.1
"""
Share of a run's duration: if waiting for the CPU takes more, the duration is caused by the device
itself.

A page request takes a dozen wake-ups. On a device with eight busy neighbours each came some 15 ms
late, in all 0.17 to 0.33 s of 0.4 to 0.6 s, and in five runs of seven no timer was late by 50 ms
(2026-12).
"""

WAKE_UPS = 12
"""Share for a page request, in which every wait may have been as late as the latest one."""

_WATCH_EVERY_S = 0.25
_SCHEDSTAT = Path("/proc/thread-self/schedstat")
NS_PER_S = 1_000_000_000


class LatenessMonitor:
    """The longest lateness since each reader's last call."""

    def __init__(self) -> None:
        self._longest_s: dict[str, float] = {}

    def note(self, late_s: float) -> None:
        """Record by how much one timer ran late, in seconds; negative counts as on time."""
        for reader, longest_s in self._longest_s.items():
            if late_s > longest_s:
                self._longest_s[reader] = late_s

    def take_longest(self, reader: str) -> float:
        """Return the longest lateness since this reader's last call, in seconds; 0 at the first."""
        longest_s = self._longest_s.get(reader, 0.0)
        self._longest_s[reader] = 0.0
        return longest_s


LATENESS = LatenessMonitor()
"""The agent's own monitor; every part that sets a timer records its lateness here."""


class LatenessWatch:
    """
    Watches the event loop while one run lasts, for probes whose times are taken in user space.

    Context manager without ``async``; afterwards ``is_late`` tells whether the device itself
    delayed the run: a timer ran late within it, or its many small waits for the CPU add up.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._longest_s = 0.0
        self._began_s = self._elapsed_s = 0.0
        self._waited_before_ns: int | None = None
        self._cpu_wait_s = 0.0
        self._due_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def longest_s(self) -> float:
        """The longest lateness within the run, in seconds; negative if no timer was due."""
        return self._longest_s

    @property
    def cpu_wait_s(self) -> float:
        """How long the run's thread waited for the CPU in total, in seconds; 0 if unknown."""
        return self._cpu_wait_s

    @property
    def own_share_s(self) -> float:
        """The part of the run that the device itself may have caused, in seconds."""
        return self._cpu_wait_s + WAKE_UPS * max(0.0, self._longest_s)

    @property
    def is_late(self) -> bool:
        """
        Whether a timer within the run was late by more than ``LATE_S``, or waiting for the CPU took
        more than that and than ``WAIT_SHARE`` of the run.
        """
        waited_s = max(LATE_S, WAIT_SHARE * self._elapsed_s)
        return self._longest_s > LATE_S or self._cpu_wait_s > waited_s

    def __enter__(self) -> Self:
        self._began_s = time.monotonic()
        self._waited_before_ns = cpu_wait_ns()
        self._arm()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._note_lateness()
        self._elapsed_s = time.monotonic() - self._began_s
        waited_ns = cpu_wait_ns()
        if waited_ns is not None and self._waited_before_ns is not None:
            self._cpu_wait_s = (waited_ns - self._waited_before_ns) / NS_PER_S

    def _arm(self) -> None:
        self._due_s = self._loop.time() + _WATCH_EVERY_S
        self._timer = self._loop.call_at(self._due_s, self._tick)

    def _tick(self) -> None:
        self._note_lateness()
        self._arm()

    def _note_lateness(self) -> None:
        late_s = time.monotonic() - self._due_s
        self._longest_s = max(self._longest_s, late_s)
        LATENESS.note(late_s)


def cpu_wait_ns() -> int | None:
    """
    Return how long the calling thread has been ready to run without running, in ns since it
    started.

    From the kernel's own accounting (second value of ``schedstat``, proc_pid_schedstat in
    Documentation/scheduler/sched-stats.rst); ``None`` if the kernel has none. It does not include
    time that a hypervisor took from the whole machine: only late timers show that.
    """
    try:
        return int(_SCHEDSTAT.read_text("ascii").split()[1])
    except FileNotFoundError:
        return None
