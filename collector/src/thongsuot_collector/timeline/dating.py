"""
BootDating: how the moments of one boot become wall time, by the best of its batches.

Nothing can have happened after it came in. Of one batch the ingest sees to that; of several whose
clocks contradict each other it is seen to here: the one that dates the boot must not put what
another tells of into the future.
"""

import msgspec

from thongsuot_collector.journal.entry import ClockQuality
from thongsuot_collector.timeline.batch_summary import BatchSummary

TRAVEL_ERROR_S = 1.0
"""A time found by the collector's clock is late by what a push travelled; a bad 5G link: 1 s."""

_RANKS = {
    ClockQuality.IMPOSSIBLE: 0,
    ClockQuality.UNCERTAIN: 1,
    ClockQuality.CLAIMED: 2,
    ClockQuality.WRONG: 3,
    ClockQuality.CORRECTED: 3,
    ClockQuality.TRUSTED: 4,
}

_OWN_RANK = 2
"""From this rank on a batch is dated by itself."""

_AGREES_NS = 30 * 10**9
"""
Two datings of one boot that differ by more contradict each other: a push is given up after 15 s,
and a clock that is believed is off by 2 s at most.
"""

_DRIFT = 2e-4
"""Twice the drift of a poor quartz (100 ppm); a boot may last for weeks without a time server."""

_MOST_DRIFT_NS = 3600 * 10**9
"""Seven months of that drift: a boot that claims decades comes no further into the future."""


class BootDating(msgspec.Struct, frozen=True, array_like=True):
    """
    How a boot's undated moments become wall time: by the best of its batches, the first of those.
    """

    rank: int
    sealed_ns: int
    epoch_ns: int
    error_s: float | None

    def is_better_than(self, other: "BootDating") -> bool:
        """Return whether this one is to be used."""
        return self.order > other.order

    def not_after(self, latest_ns: int | None) -> "BootDating":
        """
        Return the dating, moved to before the latest that there may be where it is later.

        It is moved by whole steps: batches that travelled a little less each time do not date their
        boot anew each time, and their order does not matter.
        """
        if latest_ns is None or self.epoch_ns <= latest_ns:
            return self
        moved_ns = latest_ns // _AGREES_NS * _AGREES_NS
        return msgspec.structs.replace(self, epoch_ns=moved_ns, error_s=None)

    @property
    def order(self) -> tuple[int, int, int]:
        """What orders datings, the best last."""
        # Of those moved to end when they came in, only the earliest leaves none in the future.
        if self.rank == 0:
            return 0, -self.epoch_ns, 0
        return self.rank, -self.sealed_ns, -self.epoch_ns


def dating_of(summary: BatchSummary) -> BootDating:
    """Return how a summary would date its boot."""
    rank = _RANKS[summary.quality]
    error_s: float | None = None
    if summary.quality in {ClockQuality.TRUSTED, ClockQuality.CLAIMED}:
        error_s = summary.clock_error_s
    elif rank > _OWN_RANK:
        error_s = TRAVEL_ERROR_S
    return BootDating(rank, summary.sealed_ns, summary.epoch_ns, error_s)


def dates_itself(summary: BatchSummary) -> bool:
    """Return whether the clock of a summary can be believed for its own moments."""
    return _RANKS[summary.quality] >= _OWN_RANK


def agreeing_ns(apart_ns: int) -> int:
    """Return by how much datings of moments so far apart in a boot may differ and still agree."""
    return _AGREES_NS + round(_DRIFT * abs(apart_ns))


def latest_epoch_ns(summary: BatchSummary) -> int | None:
    """Return the latest dating that a summary's receipt allows its boot; ``None``: any."""
    if summary.received_ns is None:
        return None
    latest_ns = max(
        summary.sealed_ns,
        *(last_ns for _, last_ns in summary.spans),
        *(change.onset_boottime_ns for change in summary.changes),
    )
    drift_ns = min(agreeing_ns(latest_ns), _AGREES_NS + _MOST_DRIFT_NS)
    return summary.received_ns + drift_ns - latest_ns
