"""Interval: a span of time in which a subject was in one state; and rewrites of intervals."""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

import msgspec

from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom


class Basis(StrEnum):
    """The basis of an interval."""

    RECORD = "record"
    """The agent's own record, which covers all of it."""

    PRESUMED = "presumed"
    """
    The last verdict is presumed to be still in force; batches of its stream are missing since, and
    may contradict it when they arrive.
    """

    SILENCE = "silence"
    """Nothing has arrived for this time; later arrivals will rewrite it."""

    ABSENCE = "absence"
    """The record of that time has arrived, and is empty: nothing was measured."""


class BatchRef(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A batch of a site's record: its stream, its number, and the digest of its bytes."""

    stream: str
    number: int
    digest: bytes


class VerdictKey(NamedTuple):
    """The identity of a verdict on a subject: its batch and its content."""

    source: BatchRef
    state: State
    symptom: Symptom


class Interval(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    One state of one subject from ``start_ns`` to ``end_ns`` (exclusive; ``None``: until now).

    Times are Unix time. ``error_s`` is the error bound of ``start_ns`` from the clocks, ``None`` if
    there is none. ``source`` is the batch of the state's verdict, ``None`` without one. ``segment``
    is the location of the fault; also set for ``device_off``, although the subject's own state is
    ``unknown`` then.
    """

    start_ns: int
    end_ns: int | None
    state: State
    symptom: Symptom = Symptom.NONE
    segment: Segment | None = None
    basis: Basis = Basis.RECORD
    error_s: float | None = None
    source: BatchRef | None = None

    @property
    def verdict(self) -> VerdictKey | None:
        """The verdict of the state; ``None`` without one."""
        return None if self.source is None else VerdictKey(self.source, self.state, self.symptom)

    @property
    def is_well(self) -> bool:
        """
        Whether there is no fault: the subject is up, or the router reports so for a port that is
        only watched, the best available evidence.
        """
        return self.state is State.UP or self.symptom is Symptom.WATCHED_ONLY

    def is_same_state(self, other: "Interval") -> bool:
        """Return whether both have the same state of the subject."""
        return (self.state, self.symptom, self.segment, self.basis) == (
            other.state,
            other.symptom,
            other.segment,
            other.basis,
        )


class Rewrite(msgspec.Struct, frozen=True, kw_only=True):
    """
    The intervals of a subject from ``from_ns`` on, until ``until_ns`` (``None``: for good).

    To apply one to a table: end at ``from_ns`` intervals that began earlier and last longer, remove
    those that begin inside, and insert ``intervals``. They begin and end with a calm stretch (up
    for longer than required by the settings), so whole faults are inside. If none is near the
    rewrite is cut (``is_cut_before``, ``is_cut_after``): a fault may have begun before it, or
    continue after it. ``evidence`` is that of new verdicts; the timeline itself does not keep it.
    """

    subject: Subject
    from_ns: int
    until_ns: int | None
    intervals: tuple[Interval, ...]
    evidence: dict[VerdictKey, tuple[Evidence, ...]] = {}
    is_cut_before: bool = False
    is_cut_after: bool = False


MOST_AROUND = 40
"""A device that reports for a second every few minutes is never calm for weeks."""

UNOBSERVED = frozenset(
    {
        Symptom.NOT_YET_MEASURED,
        Symptom.AGENT_SILENT,
        Symptom.DEVICE_OFF,
        Symptom.DEVICE_OVERLOADED,
        Symptom.WATCHED_ONLY,
    }
)
"""Symptoms of ``unknown`` for time without measurement; others are faults without a location."""


def joined(intervals: Sequence[Interval]) -> tuple[Interval, ...]:
    """Return intervals with adjacent equal ones merged and empty ones removed."""
    whole: list[Interval] = []
    for interval in intervals:
        if interval.end_ns is not None and interval.end_ns <= interval.start_ns:
            continue
        if whole and whole[-1].is_same_state(interval):
            whole[-1] = msgspec.structs.replace(whole[-1], end_ns=interval.end_ns)
        else:
            whole.append(interval)
    return tuple(whole)


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """
    The time in which two courses of intervals differ; ``until_ns`` is ``None`` if they differ to
    their end.
    """

    from_ns: int
    until_ns: int | None


def difference(before: Sequence[Interval], after: Sequence[Interval]) -> Difference | None:
    """Return the time in which two courses differ; ``None`` if they are equal."""
    shorter = min(len(before), len(after))
    same = 0
    while same < shorter and before[same] == after[same]:
        same += 1
    if same == len(before) == len(after):
        return None
    tail = 0
    while tail < shorter - same and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    starts = [course[same].start_ns for course in (before, after) if same < len(course)]
    return Difference(
        from_ns=min(starts),
        until_ns=after[-tail].start_ns if tail else None,
    )


class Part(NamedTuple):
    """Intervals around a change; where they are ``cut`` a fault may extend beyond them."""

    intervals: tuple[Interval, ...]
    is_cut_before: bool
    is_cut_after: bool


def part_around(
    intervals: Sequence[Interval],
    changed: Difference,
    *,
    calm_ns: int,
    known_from_ns: int,
    known_until_ns: int | None,
) -> Part | None:
    """
    Return the intervals affected by a change, between two calm ones, so whole faults are inside.

    Without a calm one they are cut after ``MOST_AROUND`` intervals. ``None`` if they extend beyond
    the time in which every interval is completely known.
    """
    start = first = max(bisect_left(intervals, changed.from_ns, key=_start_of) - 1, 0)
    while first > 0 and start - first < MOST_AROUND and not _is_calm(intervals[first], calm_ns):
        first -= 1
    end = last = len(intervals)
    if changed.until_ns is not None:
        end = last = bisect_right(intervals, changed.until_ns, key=_start_of)
        while (
            last < len(intervals)
            and last - end < MOST_AROUND
            and not _is_calm(intervals[last - 1], calm_ns)
        ):
            last += 1
    part = tuple(intervals[first:last])
    is_begun = not part or part[0].start_ns >= known_from_ns
    end_ns = part[-1].end_ns if part else changed.until_ns
    is_ended = known_until_ns is None or (end_ns is not None and end_ns <= known_until_ns)
    if not (is_begun and is_ended):
        return None
    return Part(
        part,
        is_cut_before=first > 0 and not _is_calm(part[0], calm_ns),
        is_cut_after=last < len(intervals) and not _is_calm(part[-1], calm_ns),
    )


def _is_calm(interval: Interval, calm_ns: int) -> bool:
    if not interval.is_well:
        return False
    return interval.end_ns is None or interval.end_ns - interval.start_ns >= calm_ns


def _start_of(interval: Interval) -> int:
    return interval.start_ns
