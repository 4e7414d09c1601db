"""
The account of one stream: the fate of each batch number ever assigned in it. Pure.

A number is kept, waits on the device, or is gone for a reason; any other is ``unexplained``: its
device reports it as delivered, and it never arrived.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

import msgspec

from thongsuot_collector.journal import ranges
from thongsuot_collector.journal.ranges import Range
from thongsuot_schema.batch.record_report import LossReason

LOSSES_KEPT = 1_000
"""Ranges of a stream kept for each reason; a device that drops data for lack of space makes one.
"""


class BatchFate(StrEnum):
    """Where a batch is, or why it is gone."""

    KEPT = "kept"
    """In the journal, or was there until it was removed for its age."""

    WAITING = "waiting"
    """On the device, according to its last report."""

    NOT_REPORTED = "not_reported"
    """A later batch has arrived and this one has not; its device does not report what it holds."""

    REJECTED = "rejected"
    """Finally refused; set aside on the device, for a person to read."""

    DROPPED = "dropped"
    """Dropped by the device for lack of space; announced."""

    REJECTED_DELETED = "rejected_deleted"
    """Refused, and removed on the device for newer ones; announced."""

    UNREADABLE = "unreadable"
    """Lost by the device's file system; announced."""

    POWER_CUT = "power_cut"
    """Lost when the device lost power; announced."""

    JOURNAL_DAMAGED = "journal_damaged"
    """Was kept; lost to a broken disk of the collector."""

    JOURNAL_REPLACED = "journal_replaced"
    """Was kept; the journal has been replaced by another one, or by an older copy."""

    FORGOTTEN = "forgotten"
    """Once reported as waiting; the site's present device does not have it."""

    UNEXPLAINED = "unexplained"
    """Delivered according to its device; it never arrived."""

    ACCEPTED = "accepted"
    """Gone like the last four; a person has accepted the loss since, with a reason."""


SILENT = frozenset(
    {
        BatchFate.JOURNAL_DAMAGED,
        BatchFate.JOURNAL_REPLACED,
        BatchFate.FORGOTTEN,
        BatchFate.UNEXPLAINED,
    }
)
"""Unannounced losses: the account does not close with them."""

_BY_REASON = {
    LossReason.REJECTED_DELETED: BatchFate.REJECTED_DELETED,
    LossReason.DROPPED: BatchFate.DROPPED,
    LossReason.UNREADABLE: BatchFate.UNREADABLE,
    LossReason.REJECTED: BatchFate.REJECTED,
}
"""Reports of a device about single batches. Of two the first counts: a deleted file is gone."""


class Loss(NamedTuple):
    """
    Numbers that are gone. ``last`` ``None``: all numbers of the stream that do not wait anywhere.
    """

    first: int
    last: int | None
    fate: BatchFate


class DayMark(NamedTuple):
    """The highest known number of a stream at the end of a day, by the collector's clock then."""

    day: int
    highest: int


class StreamAccount(msgspec.Struct, kw_only=True):
    """
    The state of one stream.

    ``highest`` is the newest known number, ``kept`` are the arrived numbers. ``waiting`` is the
    device's last report, ``is_reported`` whether it ever reported the stream, ``is_known`` whether
    it still does. ``marks`` are in order, ``highest`` growing with the days. ``accepted`` are the
    numbers whose loss a person has accepted; they are stored separately, and inserted when the
    account is read.
    """

    site: str
    stream: str
    highest: int = 0
    kept: tuple[Range, ...] = ()
    waiting: int = 0
    is_reported: bool = False
    is_known: bool = True
    heard_ns: int = 0
    losses: tuple[Loss, ...] = ()
    marks: tuple[DayMark, ...] = ()
    accepted: tuple[Range, ...] = ()

    def raise_highest(self, number: int, day: int) -> None:
        """
        Record a number as known from a day on, even if a later day is marked: the clock was ahead
        then, and the numbers that follow are not of that day.
        """
        if number <= self.highest:
            return
        self.highest = number
        before = self.marks[:-1] if self.marks and self.marks[-1].day == day else self.marks
        self.marks = (*before, DayMark(day, number))

    def add_losses(self, losses: Iterable[Loss]) -> bool:
        """
        Record numbers that are gone; return whether that is new.

        They are stored as the fewest ranges for each fate. A device's reports have at most
        ``LOSSES_KEPT`` of them: beyond that the lowest are merged, and numbers in between that
        arrived stay kept.
        """
        before = self.losses
        kept: set[Loss] = set()
        by_fate: dict[BatchFate, list[Range]] = {}
        for loss in (*before, *losses):
            if loss.last is None:
                kept.add(loss)
            elif loss.first <= loss.last:
                by_fate.setdefault(loss.fate, []).append((loss.first, loss.last))
        for fate, parts in by_fate.items():
            fewest = ranges.merged(parts)
            over = len(fewest) - LOSSES_KEPT
            if over > 0 and fate not in SILENT:
                fewest = ((fewest[0][0], fewest[over][1]), *fewest[over + 1 :])
            kept |= {Loss(first, last, fate) for first, last in fewest}
        self.losses = tuple(sorted(kept, key=lambda loss: (loss.fate, loss.first, loss.last or 0)))
        return self.losses != before

    def fates(self) -> list[tuple[Range, BatchFate]]:
        """Return the fate of each number from 1 to the highest, in ranges, in order."""
        whole: tuple[Range, ...] = ((1, self.highest),) if self.highest else ()
        kept = ranges.common(self.kept, whole)
        fates = [(part, BatchFate.KEPT) for part in kept]
        missing = ranges.minus(whole, kept)
        for fate in (
            BatchFate.JOURNAL_DAMAGED,
            BatchFate.JOURNAL_REPLACED,
            *_BY_REASON.values(),
        ):
            named = ranges.merged(
                (loss.first, loss.last)
                for loss in self.losses
                if loss.fate is fate and loss.last is not None
            )
            gone = ranges.common(missing, named)
            fates += [(part, fate) for part in gone]
            missing = ranges.minus(missing, gone)
        # The device does not report which of the others wait; it sends the oldest first.
        waiting = ranges.lowest(missing, self.waiting)
        fates += [(part, BatchFate.WAITING) for part in waiting]
        rest = self._fate_of_rest()
        fates += [(part, rest) for part in ranges.minus(missing, waiting)]
        return sorted(self._with_accepted(fates))

    def _with_accepted(
        self, fates: Iterable[tuple[Range, BatchFate]]
    ) -> Iterator[tuple[Range, BatchFate]]:
        for part, fate in fates:
            accepted = ranges.common((part,), self.accepted) if fate in SILENT else ()
            yield from ((inner, BatchFate.ACCEPTED) for inner in accepted)
            yield from ((inner, fate) for inner in ranges.minus((part,), accepted))

    def counts(self) -> dict[BatchFate, int]:
        """Return the number of batches of each fate; their sum is ``highest``."""
        counts: dict[BatchFate, int] = {}
        for (first, last), fate in self.fates():
            counts[fate] = counts.get(fate, 0) + last - first + 1
        return counts

    def counts_by_day(self) -> dict[int, dict[BatchFate, int]]:
        """Return the same by the day on which a number first became known."""
        edges = [mark.highest for mark in self.marks]
        by_day: dict[int, dict[BatchFate, int]] = {}
        for (begin, last), fate in self.fates():
            first = begin
            while first <= last:
                at = bisect_left(edges, first)
                end = min(last, edges[at])
                counts = by_day.setdefault(self.marks[at].day, {})
                counts[fate] = counts.get(fate, 0) + end - first + 1
                first = end + 1
        return by_day

    def _fate_of_rest(self) -> BatchFate:
        if any(loss.fate is BatchFate.POWER_CUT for loss in self.losses):
            return BatchFate.POWER_CUT
        of_whole = next((loss.fate for loss in self.losses if loss.last is None), None)
        if of_whole is not None:
            return of_whole
        if not self.is_reported:
            return BatchFate.NOT_REPORTED
        return BatchFate.UNEXPLAINED if self.is_known else BatchFate.FORGOTTEN


def fate_of(reason: LossReason) -> BatchFate:
    """Return the fate that an agent's reason means."""
    return _BY_REASON.get(reason, BatchFate.POWER_CUT)
