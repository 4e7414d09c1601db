"""
When each job runs: pure arithmetic on CLOCK_BOOTTIME.

A job is due at every moment that is ``offset_ns`` modulo ``every_ns``, so its times depend on
nothing that happened before: a restart, a change of schedule or a suspended device continues in the
same rhythm, and missed runs are skipped, not caught up in a burst.
"""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from zlib import crc32

COALESCE_NS = 50_000_000
"""
Jobs due this close together run in one wake-up: at 20 a second a wake-up costs three times the run
itself (2026-11), and no interval needs an accuracy of 50 ms.
"""


class Periodic(Protocol):
    """The properties of a job that a timetable needs."""

    @property
    def every_ns(self) -> int:
        """Interval."""

    @property
    def offset_ns(self) -> int:
        """Phase inside the interval."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedPeriod:
    """An interval and a phase."""

    every_ns: int
    offset_ns: int


J = TypeVar("J", bound=Periodic)


def phase_from_name(name: str, every_ns: int) -> int:
    """Return a phase derived from a name, so that many names share an interval evenly."""
    # Cheap and deterministic, unlike hash(), which Python salts.
    return crc32(name.encode()) * every_ns >> 32


def due_after(job: Periodic, now_ns: int) -> int:
    """Return the first moment after ``now_ns`` at which a job is due."""
    return now_ns + job.every_ns - (now_ns - job.offset_ns) % job.every_ns


class Timetable(Generic[J]):
    """The next moment of every job."""

    def __init__(self, jobs: Sequence[J], now_ns: int) -> None:
        self._jobs = tuple(jobs)
        self._heap = [(due_after(job, now_ns), place) for place, job in enumerate(self._jobs)]
        heapq.heapify(self._heap)

    def next_due_ns(self) -> int | None:
        """Return when the next job is due; ``None`` when there are no jobs."""
        return self._heap[0][0] if self._heap else None

    def take_due(self, now_ns: int) -> list[J]:
        """Return the jobs that are due now or within the coalescing window, and advance them."""
        due: list[J] = []
        while self._heap and self._heap[0][0] <= now_ns + COALESCE_NS:
            due_ns, place = self._heap[0]
            job = self._jobs[place]
            due.append(job)
            # After the window, or a late job would be returned again for its next moment.
            after_ns = max(now_ns + COALESCE_NS, due_ns)
            heapq.heapreplace(self._heap, (due_after(job, after_ns), place))
        return due
