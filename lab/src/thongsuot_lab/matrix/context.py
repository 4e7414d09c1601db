"""The lab and the product in it, as far as rows may reach for them."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from thongsuot_lab.lab import Lab
from thongsuot_lab.matrix.profile import QUICK, MatrixProfile
from thongsuot_lab.stack.city import CityStack


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixContext:
    """
    What rows are played on, and by which profile.

    ``folder`` is for the rows' own files; ``say`` tells a person what happens.
    """

    lab: Lab
    stack: CityStack
    folder: Path
    say: Callable[[str], None]
    profile: MatrixProfile = QUICK


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockPair:
    """``boottime_ns`` is CLOCK_BOOTTIME, as in verdicts; ``wall_ns`` Unix time, as in journals."""

    boottime_ns: int
    wall_ns: int

    @classmethod
    def now(cls) -> Self:
        """Read both clocks."""
        return cls(boottime_ns=time.clock_gettime_ns(time.CLOCK_BOOTTIME), wall_ns=time.time_ns())
