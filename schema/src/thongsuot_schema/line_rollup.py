"""
Line rollup: delay and loss of a link's own segments, added up over a stretch of time. Pure.

Delays are counted in classes whose borders grow by a tenth: two rollups add up to that of both
times, in any order of arrival of batches, and any quantile is correct to within 5 %.
"""

import math
from collections.abc import Iterable
from typing import Final

import msgspec

FINE_S: Final = 300
COARSE_S: Final = 3600
LENGTHS_S: Final = (FINE_S, COARSE_S)

_SMALLEST_S: Final = 50e-6
"""Below it nothing over a line answers; ICMP's resolution is a microsecond."""
_LOG_STEP: Final = math.log(1.1)
_LARGEST_CLASS: Final = 147
"""The class of a minute, the longest round trip that the catalogue allows."""


class LineRollup(msgspec.Struct, array_like=True):
    """
    Runs of echoes in one period: their number, the sum and the maximum of their losses (ratios),
    and the number of round trips in each class.
    """

    runs: int = 0
    lost: float = 0.0
    worst: float = 0.0
    rtts: dict[int, int] = {}

    def add_run(self, rtt_s: float | None, loss_ratio: float) -> None:
        """Take in one run; without a round trip nothing was answered."""
        self.add_runs((rtt_s,), (loss_ratio,))

    def add_runs(self, rtts_s: Iterable[float | None], loss_ratios: Iterable[float | None]) -> None:
        """
        Take in runs: without a round trip nothing was answered, without a loss nothing measured.
        """
        lost, worst, rtts = self.lost, self.worst, self.rtts
        for rtt_s, loss_ratio in zip(rtts_s, loss_ratios, strict=True):
            if loss_ratio is None:
                continue
            self.runs += 1
            lost += loss_ratio
            if loss_ratio > worst:
                worst = loss_ratio
            if rtt_s is not None:
                of_class = rtt_class(rtt_s)
                rtts[of_class] = rtts.get(of_class, 0) + 1
        self.lost, self.worst = lost, worst

    def add(self, other: "LineRollup") -> None:
        """Take in all runs of another."""
        self.runs += other.runs
        self.lost += other.lost
        self.worst = max(self.worst, other.worst)
        for of_class, count in other.rtts.items():
            self.rtts[of_class] = self.rtts.get(of_class, 0) + count

    @property
    def loss_ratio(self) -> float:
        """The mean loss of the runs."""
        return self.lost / self.runs if self.runs else 0.0

    def quantile_s(self, share: float) -> float | None:
        """Return the round trip that a share of the answered runs do not exceed; in seconds."""
        wanted = share * sum(self.rtts.values())
        count = 0
        for of_class, members in sorted(self.rtts.items()):
            count += members
            if count >= wanted:
                return class_middle_s(of_class)
        return None


def rtt_class(rtt_s: float) -> int:
    """Return the class of a round trip."""
    if rtt_s <= _SMALLEST_S:
        return 0
    return min(_LARGEST_CLASS, int(math.log(rtt_s / _SMALLEST_S) / _LOG_STEP))


def class_middle_s(of_class: int) -> float:
    """Return the round trip in the middle of a class, in seconds."""
    return _SMALLEST_S * math.exp((of_class + 0.5) * _LOG_STEP)


def slots(
    rollups: Iterable[tuple[int, LineRollup]], *, start_s: int, length_s: int, count: int
) -> list[LineRollup | None]:
    """
    Return ``count`` intervals of ``length_s`` from a time on, each the sum of the runs that begin
    in it; ``None`` where nothing was measured.
    """
    made: list[LineRollup | None] = [None] * count
    for at_s, rollup in rollups:
        slot = (at_s - start_s) // length_s
        if not 0 <= slot < count:
            continue
        known = made[slot]
        if known is None:
            known = made[slot] = LineRollup()
        known.add(rollup)
    return made
