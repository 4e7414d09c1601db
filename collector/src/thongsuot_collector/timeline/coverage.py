"""
Coverage: the time in which a site's agent measured, in wall time; and its state in between.

A gap before a new boot ends when the device was switched on (boottime 0): until then it was off,
from then on it had not measured yet. In a gap inside a boot, the agent did not run, or its record
has not arrived yet.
"""

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence

import msgspec

from thongsuot_collector.timeline.boot import BootMoment, BootRecord, MeasuredSpan
from thongsuot_collector.timeline.interval import Basis, Interval
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

PUSH_S = 15.0
"""The part of the record that a power cut loses, by which a gap may begin too early."""

_SEALED_NS = 10**9
"""The maximum time from the last sign of life of a batch to its seal."""


class CoveredStretch(msgspec.Struct, frozen=True, array_like=True):
    """A span of measurement in wall time, and its boot."""

    begin_ns: int
    end_ns: int
    boot: BootRecord
    begin: BootMoment
    end: BootMoment


class TimeRange(msgspec.Struct, frozen=True, array_like=True):
    """
    A part of the past, Unix time. ``until_ns`` is ``None`` if it reaches to the present.

    The cost of reading a range depends on its content, not on the length of the record.
    """

    from_ns: int
    until_ns: int | None


def covered_stretches(
    boots: Iterable[BootRecord], within: TimeRange | None = None
) -> list[CoveredStretch]:
    """
    Return the covered stretches of a range, with the adjacent ones; in order, none overlapping.

    If two boots claim the same time, one clock was wrong: the better dated boot wins.
    """
    covered: list[CoveredStretch] = []
    chosen = boots if within is None else _near(list(boots), within)
    for boot in sorted(chosen, key=_by_trust):
        for stretch in _stretches_of_boot(boot, within):
            for part in _uncovered_parts(stretch, covered):
                insort(covered, part, key=_begin_order)
    if within is None:
        return covered
    # Of the boots' stretches outside the range only the nearest are adjacent to it.
    first = max(bisect_left(covered, within.from_ns, key=_end_of_stretch) - 1, 0)
    last = len(covered)
    if within.until_ns is not None:
        last = bisect_right(covered, within.until_ns, key=_begin_of_stretch) + 1
    return covered[first:last]


def gap_between(before: CoveredStretch, after: CoveredStretch) -> Iterable[Interval]:
    """Yield the states of the device between two consecutive stretches, if any."""
    begin_ns, end_ns = before.end_ns, after.begin_ns
    error_s = before.boot.dating.error_s
    if before.boot is after.boot or after.begin != after.boot.spans[0].begin:
        is_awaited = before.boot is after.boot and before.boot.has_gap_between(
            before.end.boot_ns - _SEALED_NS, after.begin.boot_ns
        )
        yield Interval(
            start_ns=begin_ns,
            end_ns=end_ns,
            state=State.UNKNOWN,
            symptom=Symptom.AGENT_SILENT,
            basis=Basis.SILENCE if is_awaited else Basis.ABSENCE,
            error_s=error_s,
        )
        return
    on_ns = min(max(begin_ns, after.boot.dating.epoch_ns), end_ns)
    yield Interval(
        start_ns=begin_ns,
        end_ns=on_ns,
        state=State.UNKNOWN,
        symptom=Symptom.DEVICE_OFF,
        segment=Segment.DEVICE,
        basis=Basis.ABSENCE,
        error_s=None if error_s is None else error_s + PUSH_S,
    )
    yield Interval(
        start_ns=on_ns,
        end_ns=end_ns,
        state=State.UNKNOWN,
        symptom=Symptom.NOT_YET_MEASURED,
        basis=Basis.ABSENCE,
        error_s=after.boot.dating.error_s,
    )


def silence_after(last: CoveredStretch) -> Interval:
    """Return the state of the device after its last stretch."""
    return Interval(
        start_ns=last.end_ns,
        end_ns=None,
        state=State.UNKNOWN,
        symptom=Symptom.AGENT_SILENT,
        basis=Basis.SILENCE,
        error_s=last.boot.dating.error_s,
    )


def _near(boots: Sequence[BootRecord], within: TimeRange) -> list[BootRecord]:
    """Return the boots that overlap a range, and the nearest before and after it."""
    inside: list[BootRecord] = []
    before: list[BootRecord] = []
    after: list[BootRecord] = []
    for boot in boots:
        if boot.last_sign_ns < within.from_ns:
            before.append(boot)
        elif within.until_ns is not None and boot.first_sign_ns > within.until_ns:
            after.append(boot)
        else:
            inside.append(boot)
    if before:
        inside.append(max(before, key=lambda boot: boot.last_sign_ns))
    if after:
        inside.append(min(after, key=lambda boot: boot.first_sign_ns))
    return inside


def _stretches_of_boot(boot: BootRecord, within: TimeRange | None) -> Iterable[CoveredStretch]:
    first, last = 0, len(boot.spans)
    if within is not None:
        from_ns, until_ns = range_in_boot(boot, within)
        first = max(bisect_left(boot.spans, from_ns, key=_end_of_span) - 1, 0)
        if until_ns is not None:
            last = bisect_right(boot.spans, until_ns, key=_begin_of_span) + 1
    latest_ns: int | None = None
    for span in boot.spans[first:last]:
        begin_ns, end_ns = boot.wall_ns(span.begin), boot.wall_ns(span.end)
        if latest_ns is not None:
            # The datings of two batches may differ a little: never go backwards.
            begin_ns = max(begin_ns, latest_ns)
        latest_ns = end_ns = max(begin_ns, end_ns)
        yield CoveredStretch(begin_ns, end_ns, boot, span.begin, span.end)


def range_in_boot(boot: BootRecord, within: TimeRange) -> tuple[int, int | None]:
    """Return a range in the time of a boot, wide enough for everything that may be in it."""
    begin_ns = within.from_ns - boot.dating.epoch_ns
    begin_ns -= boot.slack_ns(begin_ns)
    if within.until_ns is None:
        return begin_ns, None
    end_ns = within.until_ns - boot.dating.epoch_ns
    return begin_ns, end_ns + boot.slack_ns(end_ns)


def _uncovered_parts(
    stretch: CoveredStretch, covered: Sequence[CoveredStretch]
) -> list[CoveredStretch]:
    """Return the parts of a stretch that are not covered."""
    parts = [stretch]
    place = bisect_left(covered, stretch.begin_ns, key=_end_of_stretch)
    while place < len(covered) and covered[place].begin_ns <= stretch.end_ns:
        other = covered[place]
        last = parts.pop()
        if last.begin_ns < other.begin_ns:
            end_ns = min(last.end_ns, other.begin_ns)
            parts.append(msgspec.structs.replace(last, end_ns=end_ns))
        if last.end_ns <= other.end_ns:
            return parts
        begin_ns = max(last.begin_ns, other.end_ns)
        parts.append(msgspec.structs.replace(last, begin_ns=begin_ns))
        place += 1
    return parts


def _by_trust(boot: BootRecord) -> tuple[int, int, int]:
    dating = boot.dating
    return -dating.rank, dating.epoch_ns, dating.sealed_ns


def _begin_order(stretch: CoveredStretch) -> tuple[int, int]:
    return stretch.begin_ns, stretch.end_ns


def _end_of_stretch(stretch: CoveredStretch) -> int:
    return stretch.end_ns


def _begin_of_span(span: MeasuredSpan) -> int:
    return span.begin.boot_ns


def _end_of_span(span: MeasuredSpan) -> int:
    return span.end.boot_ns


def _begin_of_stretch(stretch: CoveredStretch) -> int:
    return stretch.begin_ns
