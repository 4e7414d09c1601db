"""Lateness: how late the agent's own timers ran, so that it can doubt itself."""

import asyncio
import time
from types import TracebackType
from typing import Self

LATE_S = 0.05
"""A timer this late means that the process was not given the CPU: a quiet loop is late by 1 ms."""

_WATCH_EVERY_S = 0.25


class LatenessMonitor:
    """The longest lateness since each reader last asked."""

    def __init__(self) -> None:
        self._longest_s: dict[str, float] = {}

    def note(self, late_s: float) -> None:
        """Take in by how much one timer ran late, in seconds; negative counts as in time."""
        for reader, longest_s in self._longest_s.items():
            if late_s > longest_s:
                self._longest_s[reader] = late_s

    def take_longest(self, reader: str) -> float:
        """Return the longest lateness since this reader's last call, in seconds; 0 at the first."""
        longest_s = self._longest_s.get(reader, 0.0)
        self._longest_s[reader] = 0.0
        return longest_s


LATENESS = LatenessMonitor()
"""The agent's own; each part that sets a timer notes here how late it ran."""


class LatenessWatch:
    """
    Watches the event loop while one run lasts, for probes whose times are taken in user space.

    ``async``-free context manager; ``is_late`` afterwards says whether a timer ran late within it.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._longest_s = 0.0
        self._due_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def longest_s(self) -> float:
        """The longest lateness within the run, in seconds; negative when none was due."""
        return self._longest_s

    @property
    def is_late(self) -> bool:
        """Whether any timer within the run was late by more than ``LATE_S``."""
        return self._longest_s > LATE_S

    def __enter__(self) -> Self:
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
