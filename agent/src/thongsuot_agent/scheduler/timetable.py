"""
When each job runs: pure arithmetic on CLOCK_BOOTTIME.

A job is due at every moment that is ``offset_ns`` modulo ``every_ns``, so its times depend on
nothing that happened before: a restart, a change of schedule or a suspended device continues in the
same rhythm, and missed runs are skipped, not caught up in a burst.

With a ``jitter`` these moments are shifted, by an amount that is a function of the time alone as
well. Samples at a strict period see one part of a periodic behaviour only (RFC 2330, 11.1.1);
shifted ones meet every part of it.
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

GRID_NS = 250_000_000
"""Moments of one site are on a grid, so that different kinds share wake-ups."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Jitter:
    """
    A slowly varying shift of all jobs that share it.

    It is random, from 0 to less than ``span_ns``, at knots that are two spans apart, and changes
    evenly from one knot to the next. So the distance of two moments, of one job or of two, grows or
    shrinks by less than a half: jobs keep their order and their turns, and none ever waits for one
    and a half intervals. Its phase to a rhythm of up to ``span_ns`` takes every value.
    """

    name: str
    """The seed: the same on each start of a device."""
    span_ns: int

    def shift_ns(self, moment_ns: int) -> int:
        """Return the shift of a moment, on the grid."""
        apart_ns = 2 * self.span_ns
        knot, inside_ns = divmod(moment_ns, apart_ns)
        before_ns = self._at_knot_ns(knot)
        after_ns = self._at_knot_ns(knot + 1)
        shift_ns = before_ns + (after_ns - before_ns) * inside_ns // apart_ns
        return shift_ns // GRID_NS * GRID_NS

    def _at_knot_ns(self, knot: int) -> int:
        return phase_from_name(f"{self.name} {knot}", self.span_ns)


class Periodic(Protocol):
    """The properties of a job that a timetable needs."""

    @property
    def every_ns(self) -> int:
        """Interval."""

    @property
    def offset_ns(self) -> int:
        """Phase inside the interval."""

    @property
    def jitter(self) -> Jitter | None:
        """What shifts the moments; ``None`` for a strict period."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedPeriod:
    """An interval and a phase."""

    every_ns: int
    offset_ns: int
    jitter: Jitter | None = None


J = TypeVar("J", bound=Periodic)


def phase_from_name(name: str, every_ns: int) -> int:
    """Return a phase derived from a name, so that many names share an interval evenly."""
    # Cheap and deterministic, unlike hash(), which Python salts.
    return crc32(name.encode()) * every_ns >> 32


def due_after(job: Periodic, now_ns: int) -> int:
    """Return the first moment after ``now_ns`` at which a job is due."""
    if job.jitter is None:
        return _next_ns(job, now_ns)
    # No shift is as long as the span, so the first moment that may lie ahead was after this one.
    moment_ns = _next_ns(job, now_ns - job.jitter.span_ns)
    while (due_ns := moment_ns + job.jitter.shift_ns(moment_ns)) <= now_ns:
        moment_ns += job.every_ns
    return due_ns


def _next_ns(job: Periodic, now_ns: int) -> int:
    """Return the first moment of a strict period after ``now_ns``."""
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
