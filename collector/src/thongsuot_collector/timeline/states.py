"""States: derives the intervals of a site's subjects from its boots."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from thongsuot_collector.timeline.boot import BootMoment, BootRecord, DatedVerdict
from thongsuot_collector.timeline.coverage import (
    CoveredStretch,
    TimeRange,
    covered_stretches,
    gap_between,
    range_in_boot,
    silence_after,
)
from thongsuot_collector.timeline.interval import UNOBSERVED, Basis, Interval, joined
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

_FAULTS = frozenset({State.DEGRADED, State.DOWN})


def intervals_of(
    boots: Iterable[BootRecord],
    key: str | None,
    within: TimeRange | None = None,
    *,
    is_silent: bool,
    floor_ns: int,
) -> tuple[Interval, ...]:
    """
    Return the intervals of one subject: ``key`` as ``subject_key`` makes it, ``None`` the device.

    They fill the time from the first sign of life (or ``floor_ns``) on without gap or overlap; the
    last is open. For a range, the first may have begun before it, and the last may end after it:
    all between them are complete.
    """
    covered = covered_stretches(boots, within)
    if not covered:
        return ()
    is_whole = within is None or within.until_ns is None
    course = _course(covered, is_silent=is_silent and is_whole)
    marks: dict[int, list[Interval]] = {}
    if key is not None:
        marks = {
            id(boot): _state_marks(boot, key, within)
            for boot in {id(stretch.boot): stretch.boot for stretch in covered}.values()
        }
    intervals: list[Interval] = []
    for at, part in enumerate(course):
        if isinstance(part, Interval):
            intervals.append(part)
            continue
        end_ns = None if is_whole and at == len(course) - 1 else part.end_ns
        intervals.extend(_in_stretch(part, end_ns, marks.get(id(part.boot))))
    return joined(_after_floor(floor_ns, intervals))


def _course(
    covered: Sequence[CoveredStretch], *, is_silent: bool
) -> list[CoveredStretch | Interval]:
    """Return covered stretches, and the gaps between and after them, in order."""
    course: list[CoveredStretch | Interval] = []
    for stretch in covered:
        if course:
            before = course[-1]
            assert isinstance(before, CoveredStretch)
            course.extend(gap_between(before, stretch))
        course.append(stretch)
    if is_silent:
        course.append(silence_after(covered[-1]))
    return course


def _state_marks(boot: BootRecord, key: str, within: TimeRange | None) -> list[Interval]:
    """
    Return the states of one subject in one boot, in order, each open; tiled by their starts.

    A start of the agent ends earlier verdicts. The state before the first mark of a range is also
    included.
    """
    events = _events(boot, key, within)
    begin = BootMoment(0)
    marks = _Marks([_mark_unjudged(boot.wall_ns(begin))], [begin])
    prior: DatedVerdict | None = None
    for at, event in enumerate(events):
        if isinstance(event, BootMoment):
            # A verdict from before a start may be repeated, but does not begin before the start.
            begin, prior = event, None
            marks.append(_mark_unjudged(boot.wall_ns(event)), event)
            continue
        begin = _start_of(event, prior, begin)
        prior = event
        marks.append(_mark_of_verdict(boot, event, begin), begin)
        gap = boot.gap_from(event.decided_ns)
        next_ns = _decided_ns(events[at + 1]) if at + 1 < len(events) else None
        if gap is not None and (next_ns is None or gap.boot_ns < next_ns):
            presumed = msgspec.structs.replace(
                marks.intervals[-1], start_ns=boot.wall_ns(gap), basis=Basis.PRESUMED
            )
            marks.append(presumed, gap)
    return marks.intervals


def _start_of(
    verdict: DatedVerdict, prior: DatedVerdict | None, prior_begin: BootMoment
) -> BootMoment:
    """
    Return the begin of a verdict: its onset, but never before the verdict that it follows.

    The earlier one was right when it was given, and is not revoked: an agent that measured nothing
    for a while, or whose memory is older than the fault, would erase the fault with an earlier
    onset.
    """
    onset = max(verdict.onset, prior_begin, key=_boot_ns_of)
    if prior is None or _refines(prior, verdict):
        return onset
    earliest = prior.decided
    if verdict.onset.boot_ns > earliest.boot_ns:
        return verdict.onset
    is_contrary = verdict.onset.boot_ns <= prior.onset.boot_ns
    if is_contrary and verdict.state not in _FAULTS:
        # It contradicts the fault before it; it is valid from its decision on.
        return verdict.decided
    return earliest if earliest.boot_ns > prior_begin.boot_ns else verdict.decided


def _refines(prior: DatedVerdict, verdict: DatedVerdict) -> bool:
    """
    Return whether a verdict refines the same fault, and so may replace its past.

    Another symptom of the same state, or the location of a fault that was not located before; never
    another state: a line that was down does not become slow in retrospect.
    """
    is_unlocated = prior.state is State.UNKNOWN and prior.symptom not in UNOBSERVED
    if verdict.state is State.UNKNOWN and prior.state is State.UNKNOWN:
        return is_unlocated is (verdict.symptom not in UNOBSERVED)
    return verdict.state is prior.state or (is_unlocated and verdict.state in _FAULTS)


def _events(
    boot: BootRecord, key: str, within: TimeRange | None
) -> list[DatedVerdict | BootMoment]:
    """
    Return a subject's verdicts and the agent's starts, in order; a start comes before its verdicts.

    For a range: those in it, the last before it, and those after it that may reach into it. All
    others are completely outside, because a verdict never begins before the one it follows.
    """
    verdicts: Sequence[DatedVerdict] = boot.verdicts.get(key, [])
    starts: Sequence[BootMoment] = boot.starts
    if within is not None:
        from_ns, until_ns = range_in_boot(boot, within)
        last = len(verdicts)
        if until_ns is not None:
            last = bisect_right(verdicts, until_ns, key=_decided_ns) + 1
            while 0 < last < len(verdicts) and _refines(verdicts[last - 1], verdicts[last]):
                last += 1
            ends_ns = max((verdict.decided_ns for verdict in verdicts[last - 1 : last]), default=0)
            ends_ns = max(ends_ns, until_ns)
            starts = starts[: bisect_right(starts, ends_ns, key=_boot_ns_of) + 1]
        first = max(bisect_left(verdicts, from_ns, key=_decided_ns) - 1, 0)
        verdicts = verdicts[first:last]
        starts = starts[max(bisect_left(starts, from_ns, key=_boot_ns_of) - 1, 0) :]
    events: list[DatedVerdict | BootMoment] = [*starts, *verdicts]
    events.sort(key=lambda event: (_decided_ns(event), isinstance(event, DatedVerdict)))
    return events


class _Marks(NamedTuple):
    """States of one subject, each open, and the begin of each in the time of the boot."""

    intervals: list[Interval]
    begins: list[BootMoment]

    def append(self, mark: Interval, begin: BootMoment) -> None:
        last, last_begin = self.intervals[-1], self.begins[-1]
        if last.basis is Basis.PRESUMED and begin.boot_ns < last_begin.boot_ns:
            # Not presumed any more: its successor is known.
            self.intervals.pop()
            self.begins.pop()
            last, last_begin = self.intervals[-1], self.begins[-1]
        start_ns = mark.start_ns
        if start_ns <= last.start_ns:
            # The datings of two batches may differ a little. The boot's own clock has the exact
            # duration of a state, so none of them becomes empty.
            start_ns = last.start_ns + max(begin.boot_ns - last_begin.boot_ns, 0)
        self.intervals.append(msgspec.structs.replace(mark, start_ns=start_ns))
        self.begins.append(begin)


def _mark_unjudged(start_ns: int) -> Interval:
    return Interval(
        start_ns=start_ns, end_ns=None, state=State.UNKNOWN, symptom=Symptom.NOT_YET_MEASURED
    )


def _mark_of_verdict(boot: BootRecord, verdict: DatedVerdict, begin: BootMoment) -> Interval:
    return Interval(
        start_ns=boot.wall_ns(begin),
        end_ns=None,
        state=verdict.state,
        symptom=verdict.symptom,
        segment=verdict.segment,
        error_s=verdict.error_s if verdict.onset.wall_ns is not None else boot.dating.error_s,
        source=verdict.source,
    )


def _in_stretch(
    stretch: CoveredStretch, end_ns: int | None, marks: Sequence[Interval] | None
) -> Iterable[Interval]:
    if marks is None:
        yield Interval(
            start_ns=stretch.begin_ns,
            end_ns=end_ns,
            state=State.UP,
            error_s=stretch.boot.dating.error_s,
        )
        return
    at = max(bisect_right(marks, stretch.begin_ns, key=_start) - 1, 0)
    for place in range(at, len(marks)):
        next_ns = marks[place + 1].start_ns if place + 1 < len(marks) else None
        start_ns = max(marks[place].start_ns, stretch.begin_ns) if place > at else stretch.begin_ns
        if end_ns is not None and start_ns >= end_ns:
            return
        until_ns = min((ns for ns in (next_ns, end_ns) if ns is not None), default=None)
        yield msgspec.structs.replace(marks[place], start_ns=start_ns, end_ns=until_ns)


def _after_floor(floor_ns: int, intervals: Iterable[Interval]) -> list[Interval]:
    """Return intervals cut to the time after a floor."""
    kept = []
    for interval in intervals:
        if interval.end_ns is not None and interval.end_ns <= floor_ns:
            continue
        if interval.start_ns < floor_ns:
            kept.append(msgspec.structs.replace(interval, start_ns=floor_ns))
        else:
            kept.append(interval)
    return kept


def _start(interval: Interval) -> int:
    return interval.start_ns


def _boot_ns_of(moment: BootMoment) -> int:
    return moment.boot_ns


def _decided_ns(event: DatedVerdict | BootMoment) -> int:
    return event.boot_ns if isinstance(event, BootMoment) else event.decided_ns
