"""
BootDating: converts the moments of one boot to wall time, by the best of its batches.

No event can have happened after its arrival. For one batch the ingest enforces this; for several
with contradicting clocks it is enforced here: the batch that dates the boot must not move events of
another into the future.
"""

import msgspec

from thongsuot_collector.journal.entry import ClockQuality
from thongsuot_collector.timeline.batch_summary import BatchSummary

TRAVEL_ERROR_S = 1.0
"""
A time from the collector's clock is late by the transfer time of a push; on a bad 5G link 1 s.
"""

_RANKS = {
    ClockQuality.IMPOSSIBLE: 0,
    ClockQuality.UNCERTAIN: 1,
    ClockQuality.CLAIMED: 2,
    ClockQuality.WRONG: 3,
    ClockQuality.CORRECTED: 3,
    ClockQuality.TRUSTED: 4,
}

_OWN_RANK = 2
"""From this rank on a batch is dated by its own clock."""

_AGREES_NS = 30 * 10**9
"""
Two datings of one boot that differ by more contradict each other: a push is aborted after 15 s, and
a trusted clock is off by 2 s at most.
"""

_DRIFT = 2e-4
"""Twice the drift of a poor quartz (100 ppm); a boot may last for weeks without a time server."""

_MOST_DRIFT_NS = 3600 * 10**9
"""Seven months of that drift, the limit for a boot that claims decades."""


class BootDating(msgspec.Struct, frozen=True, array_like=True):
    """The conversion of a boot's undated moments to wall time, by the first of its best batches."""

    rank: int
    sealed_ns: int
    epoch_ns: int
    error_s: float | None

    def is_better_than(self, other: "BootDating") -> bool:
        """Return whether this one is preferred."""
        return self.order > other.order

    def not_after(self, latest_ns: int | None) -> "BootDating":
        """
        Return the dating, moved back to the latest possible one if it is later.

        It is moved by whole steps: slightly decreasing transfer times of batches do not redate
        their boot each time, and their order does not matter.
        """
        if latest_ns is None or self.epoch_ns <= latest_ns:
            return self
        moved_ns = latest_ns // _AGREES_NS * _AGREES_NS
        return msgspec.structs.replace(self, epoch_ns=moved_ns, error_s=None)

    def certainly_stays(self, summary: BatchSummary, latest_ns: int | None) -> bool:
        """
        Return whether a later batch of the boot does not change its dating, as nearly always;
        ``False``: that has to be computed. ``latest_ns`` is the latest possible dating so far.
        """
        rank = _RANKS[summary.quality]
        if not 0 < rank <= self.rank or (rank == self.rank and summary.sealed_ns <= self.sealed_ns):
            return False
        if summary.changes or (latest_ns is not None and self.epoch_ns > latest_ns):
            return False
        if summary.received_ns is None:
            return True
        end_ns = summary.spans[-1][1] if summary.spans else 0
        return self.epoch_ns + max(summary.sealed_ns, end_ns) <= summary.received_ns + _AGREES_NS

    @property
    def order(self) -> tuple[int, int, int]:
        """The sort key of datings, the best last."""
        # Of those moved back to their arrival, only the earliest leaves no event in the future.
        if self.rank == 0:
            return 0, -self.epoch_ns, 0
        return self.rank, -self.sealed_ns, -self.epoch_ns


def dating_of(summary: BatchSummary) -> BootDating:
    """Return the dating of a boot by a summary."""
    rank = _RANKS[summary.quality]
    error_s: float | None = None
    if summary.quality in {ClockQuality.TRUSTED, ClockQuality.CLAIMED}:
        error_s = summary.clock_error_s
    elif rank > _OWN_RANK:
        error_s = TRAVEL_ERROR_S
    return BootDating(rank, summary.sealed_ns, summary.epoch_ns, error_s)


def dates_itself(summary: BatchSummary) -> bool:
    """Return whether the clock of a summary is trusted for its own moments."""
    return _RANKS[summary.quality] >= _OWN_RANK


def is_agreeing(own_ns: int, boot_ns: int, apart_ns: int) -> bool:
    """Return whether two datings of a moment agree, at this distance in a boot."""
    differing_ns = abs(own_ns - boot_ns)
    return differing_ns <= _AGREES_NS or differing_ns <= agreeing_ns(apart_ns)


def agreeing_ns(apart_ns: int) -> int:
    """Return the tolerance between datings of moments at this distance in a boot."""
    return _AGREES_NS + round(_DRIFT * abs(apart_ns))


def latest_epoch_ns(summary: BatchSummary) -> int | None:
    """Return the latest dating of a boot that a summary's receipt allows; ``None``: any."""
    if summary.received_ns is None:
        return None
    latest_ns = summary.sealed_ns
    if summary.spans:
        latest_ns = max(latest_ns, summary.spans[-1][1])  # they are in order
    for change in summary.changes:
        latest_ns = max(latest_ns, change.onset_boottime_ns)
    drift_ns = min(agreeing_ns(latest_ns), _AGREES_NS + _MOST_DRIFT_NS)
    return summary.received_ns + drift_ns - latest_ns
