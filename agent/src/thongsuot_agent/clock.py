"""
The device's clocks, their known error, and steps of the wall clock.

Intervals and the order of things go by CLOCK_BOOTTIME, which never steps and counts suspended time;
the wall clock only says *when*, and is not trusted: devices without a battery-backed clock boot
years off.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

NS_PER_S = 1_000_000_000

STEP_LIMIT_S = 0.1
"""A change of wall against boot time beyond this between two looks is a step: slewing is at most
500 ppm (RFC 5905), 30 ms in a minute."""

DRIFT_RATIO = 100e-6
"""How fast knowledge of the clock becomes outdated: twice the drift of cheap crystals."""

WRONG_LIMIT_S = 2.0
"""A wall clock this far off is called wrong on the page; a person reads minutes."""

EARLIEST_WALL_NS = 1_767_225_600 * NS_PER_S
"""2026-01-01: a wall clock before the first release is wrong without anybody saying so."""


LATEST_WALL_NS = 4_102_444_800 * NS_PER_S
"""2100-01-01: no collector's clock is right beyond it, and calendars end soon after year 9999."""

CONTRADICTION_NS = 3600 * NS_PER_S
"""
Two clocks that are further apart contradict each other: one of them would begin another month, or
let the record grow old at once.
"""

HELD_NS = 3600 * NS_PER_S
"""
A wall clock that contradicts the one before counts only after it has stood for this long: the
machine that gives the time may be wrong for a while.
"""


# Without a Python function around it: every run reads it a dozen times.
_boottime_ns = partial(time.clock_gettime_ns, time.CLOCK_BOOTTIME)


def _unknown() -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Clocks:
    """
    The clocks as functions, so that tests can turn them.

    ``error_s`` is the kernel's estimate of the wall clock's maximum error, ``None`` while the clock
    is not synchronised.
    """

    boottime_ns: Callable[[], int] = _boottime_ns
    wall_ns: Callable[[], int] = time.time_ns
    error_s: Callable[[], float | None] = _unknown


SYSTEM = Clocks()


def boot_id(path: Path = Path("/proc/sys/kernel/random/boot_id")) -> str:
    """Return the kernel's random name of this boot."""
    return path.read_text("ascii").strip()


class StepWatch:
    """Notices steps of the wall clock by comparing it with boot time at every look."""

    def __init__(self) -> None:
        self._offset_ns: int | None = None

    def step_since_last_check(self, boottime_ns: int, wall_ns: int) -> float | None:
        """Return by how many seconds the wall clock stepped since the last look, or ``None``."""
        offset_ns = wall_ns - boottime_ns
        before_ns, self._offset_ns = self._offset_ns, offset_ns
        if before_ns is None:
            return None
        step_s = (offset_ns - before_ns) / NS_PER_S
        return step_s if abs(step_s) > STEP_LIMIT_S else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _CollectorClock:
    """The collector's wall clock against our boot time, seen once."""

    offset_ns: int
    error_ns: float
    boottime_ns: int

    def error_at(self, boottime_ns: int) -> float:
        return self.error_ns + abs(boottime_ns - self.boottime_ns) * DRIFT_RATIO

    def agrees_with(self, other: "_CollectorClock") -> bool:
        """Return whether both can be right; else the collector's clock was set in between."""
        error_ns = self.error_ns + other.error_at(self.boottime_ns)
        return abs(self.offset_ns - other.offset_ns) <= error_ns


@dataclass(frozen=True, slots=True, kw_only=True)
class _HeldClock:
    """A wall clock against boot time, and since when it has stood there."""

    offset_ns: int
    since_ns: int

    def is_at(self, offset_ns: int) -> bool:
        return abs(self.offset_ns - offset_ns) <= CONTRADICTION_NS


class TrueTime:
    """
    The true time according to the collector's answers, for the local page.

    It does not change results: the collector corrects them itself from the data in the batches.
    """

    def __init__(self) -> None:
        self._best: _CollectorClock | None = None
        self._trusted: _HeldClock | None = None
        self._doubted: _HeldClock | None = None

    @property
    def is_known(self) -> bool:
        """Whether an answer has been received."""
        return self._best is not None

    def add_collector_time(self, *, sent_ns: int, received_ns: int, collector_wall_ns: int) -> None:
        """
        Take in one answer; ``sent_ns`` and ``received_ns`` are boot times around the request.

        The best sighting is kept: the one whose error, growing with age, is now the smallest. One
        that contradicts it is the newer truth: the collector's clock was set.
        """
        if not EARLIEST_WALL_NS <= collector_wall_ns < LATEST_WALL_NS or received_ns < sent_ns:
            return
        middle_ns = (sent_ns + received_ns) // 2
        new = _CollectorClock(
            offset_ns=collector_wall_ns - middle_ns,
            error_ns=(received_ns - sent_ns) / 2,
            boottime_ns=middle_ns,
        )
        best = self._best
        if best is None or new.error_ns <= best.error_at(middle_ns) or not new.agrees_with(best):
            self._best = new

    def wall_ns(self, boottime_ns: int, device_wall_ns: int, now_boottime_ns: int) -> int:
        """
        Return the true wall time of a boot time, by the device's clock where nothing is known.
        """
        if self._best is None:
            return device_wall_ns + (boottime_ns - now_boottime_ns)
        return boottime_ns + self._best.offset_ns

    def trusted_wall_ns(self, clock: Clocks) -> int | None:
        """
        Return the wall time now, ``None`` while neither collector nor kernel vouches for it, while
        they contradict each other, or while what they say contradicts what they said before (until
        it has stood for ``HELD_NS``).
        """
        now_ns = clock.boottime_ns()
        wall_ns = self._vouched_wall_ns(clock, now_ns)
        if wall_ns is None:
            return None
        offset_ns = wall_ns - now_ns
        trusted, doubted = self._trusted, self._doubted
        if trusted is not None and not trusted.is_at(offset_ns):
            if doubted is None or not doubted.is_at(offset_ns):
                self._doubted = _HeldClock(offset_ns=offset_ns, since_ns=now_ns)
                return None
            if now_ns - doubted.since_ns < HELD_NS:
                return None
        self._trusted = _HeldClock(offset_ns=offset_ns, since_ns=now_ns)
        self._doubted = None
        return wall_ns

    def _vouched_wall_ns(self, clock: Clocks, now_ns: int) -> int | None:
        own_ns = None if clock.error_s() is None else clock.wall_ns()
        if own_ns is not None and not EARLIEST_WALL_NS <= own_ns < LATEST_WALL_NS:
            own_ns = None
        if self._best is None:
            return own_ns
        true_ns = now_ns + self._best.offset_ns
        if own_ns is not None and abs(true_ns - own_ns) > CONTRADICTION_NS:
            return None
        return true_ns

    def is_trusted(self, boottime_ns: int, device_wall_ns: int) -> bool:
        """Return whether the device's wall clock is not known to be wrong."""
        if device_wall_ns < EARLIEST_WALL_NS:
            return False
        if self._best is None:
            return True
        off_ns = abs(device_wall_ns - boottime_ns - self._best.offset_ns)
        return off_ns <= WRONG_LIMIT_S * NS_PER_S + self._best.error_at(boottime_ns)
