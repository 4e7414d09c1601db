"""Now, on both clocks that a run is judged by."""

import time
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockPair:
    """``boottime_ns`` is CLOCK_BOOTTIME, as in verdicts; ``wall_ns`` Unix time, as in journals."""

    boottime_ns: int
    wall_ns: int

    @classmethod
    def now(cls) -> Self:
        """Read both clocks."""
        return cls(boottime_ns=time.clock_gettime_ns(time.CLOCK_BOOTTIME), wall_ns=time.time_ns())
