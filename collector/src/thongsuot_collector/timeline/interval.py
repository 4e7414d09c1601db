"""Interval: a stretch of time in which a subject was in one state; and what a rewrite replaces."""

from collections.abc import Sequence
from enum import StrEnum

import msgspec

from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom


class Basis(StrEnum):
    """What an interval rests on."""

    RECORD = "record"
    """The agent's own record, which tells of all of it."""

    PRESUMED = "presumed"
    """
    The verdict stood before, and is taken to stand still; numbers of its stream are missing since,
    and may say otherwise when they arrive.
    """

    SILENCE = "silence"
    """Nothing of this time has arrived; what arrives yet will rewrite it."""

    ABSENCE = "absence"
    """The record of that time has arrived, and holds nothing: nobody measured."""


class BatchRef(msgspec.Struct, frozen=True, array_like=True, order=True):
    """A batch of a site's record: its stream, its number, and the digest that names its bytes."""

    stream: str
    number: int
    digest: bytes


class Interval(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    One state of one subject from ``start_ns`` to ``end_ns`` (exclusive; ``None``: until now).

    Times are Unix time. ``error_s`` is how far ``start_ns`` may be off by the clocks, ``None``
    where nothing bounds it. ``source`` is the batch that told of the state, ``None`` where no
    verdict did. ``segment`` is where the fault is; set for ``device_off`` too, although the
    subject's own state is ``unknown`` then.
    """

    start_ns: int
    end_ns: int | None
    state: State
    symptom: Symptom = Symptom.NONE
    segment: Segment | None = None
    basis: Basis = Basis.RECORD
    error_s: float | None = None
    source: BatchRef | None = None

    def is_same_state(self, other: "Interval") -> bool:
        """Return whether both say the same of the subject."""
        return (self.state, self.symptom, self.segment, self.basis) == (
            other.state,
            other.symptom,
            other.segment,
            other.basis,
        )


class VerdictEvidence(msgspec.Struct, frozen=True, kw_only=True):
    """What one verdict rested on, as it arrived: kept by whoever needs it, not by the timeline."""

    source: BatchRef
    state: State
    symptom: Symptom
    evidence: tuple[Evidence, ...]


class Rewrite(msgspec.Struct, frozen=True, kw_only=True):
    """
    The intervals of a subject from ``from_ns`` on, until ``until_ns`` (``None``: for good).

    To apply one to a table: end at ``from_ns`` what began before it and lasts longer, remove what
    begins inside, and insert ``intervals``. They begin and end with a calm stretch (up for longer
    than the settings ask) where there is one, so whole troubles lie inside.
    """

    subject: Subject
    from_ns: int
    until_ns: int | None
    intervals: tuple[Interval, ...]
    evidence: tuple[VerdictEvidence, ...] = ()


def joined(intervals: Sequence[Interval]) -> tuple[Interval, ...]:
    """Return adjacent intervals, those that say the same as one; empty ones are left out."""
    found: list[Interval] = []
    for one in intervals:
        if one.end_ns is not None and one.end_ns <= one.start_ns:
            continue
        if found and found[-1].is_same_state(one):
            found[-1] = msgspec.structs.replace(found[-1], end_ns=one.end_ns)
        else:
            found.append(one)
    return tuple(found)


def rewrite_of(
    subject: Subject,
    before: Sequence[Interval],
    after: Sequence[Interval],
    *,
    calm_ns: int,
    proofs: tuple[VerdictEvidence, ...] = (),
) -> Rewrite | None:
    """Return what turns ``before`` into ``after``; ``None`` where nothing differs."""
    same = 0
    while same < len(before) and same < len(after) and before[same] == after[same]:
        same += 1
    if same == len(before) == len(after):
        return None
    tail = 0
    while tail < min(len(before), len(after)) - same and before[-1 - tail] == after[-1 - tail]:
        tail += 1
    first, last = same, len(after) - tail
    while first > 0 and (first == same or not _is_calm(after[first], calm_ns)):
        first -= 1
    while last < len(after) and (
        last == len(after) - tail or not _is_calm(after[last - 1], calm_ns)
    ):
        last += 1
    part = tuple(after[first:last])
    from_ns = part[0].start_ns if part else before[same].start_ns
    if first == 0 and before:
        from_ns = min(from_ns, before[0].start_ns)
    return Rewrite(
        subject=subject,
        from_ns=from_ns,
        until_ns=part[-1].end_ns if part and last < len(after) else None,
        intervals=part,
        evidence=proofs,
    )


def _is_calm(interval: Interval, calm_ns: int) -> bool:
    if interval.state is not State.UP:
        return False
    return interval.end_ns is None or interval.end_ns - interval.start_ns >= calm_ns
