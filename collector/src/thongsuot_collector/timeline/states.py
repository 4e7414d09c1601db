"""States: from what is known of a site's boots to the intervals of its subjects."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence

import msgspec

from thongsuot_collector.timeline.boot import BootMoment, BootRecord, DatedVerdict
from thongsuot_collector.timeline.coverage import (
    CoveredStretch,
    covered_stretches,
    gap_between,
    silence_after,
)
from thongsuot_collector.timeline.interval import Basis, Interval, joined
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom


def intervals_of(
    site: str, boots: Mapping[str, BootRecord], *, is_silent: bool, floor_ns: int
) -> dict[Subject, tuple[Interval, ...]]:
    """
    Return the intervals of every subject that a site's record tells of, the device's among them.

    Each subject's intervals tile the time from the first sign of life (or ``floor_ns``) on without
    gap or overlap; the last is open.
    """
    covered = covered_stretches(boots.values())
    if not covered:
        return {}
    course = _course(covered, is_silent=is_silent)
    found = {Subject(site): _tile(course, {}, floor_ns)}
    keys = sorted({key for boot in boots.values() for key in boot.verdicts})
    for key in keys:
        marks = {id(boot): _state_marks(boot, key) for boot in boots.values()}
        link, _, service = key.partition("\n")
        found[Subject(site, link, service)] = _tile(course, marks, floor_ns)
    return found


def _course(
    covered: Sequence[CoveredStretch], *, is_silent: bool
) -> list[CoveredStretch | Interval]:
    """Return stretches of measuring, and what lies between and after them, in order."""
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


def _state_marks(boot: BootRecord, key: str) -> list[Interval]:
    """
    Return the states of one subject in one boot, in order, each open; tiled by their starts.

    A verdict stands from its onset, but not from before the one before it: that one was right when
    it was given. A start of the agent ends what was judged before.
    """
    marks = [_mark_unjudged(boot.wall_ns(BootMoment(0)))]
    doubts = boot.gaps_begin()
    turns = boot.verdicts.get(key, [])
    order: list[tuple[int, DatedVerdict | BootMoment]] = [(turn.decided_ns, turn) for turn in turns]
    order.extend((start.boot_ns, start) for start in boot.starts)
    order.sort(key=lambda one: (one[0], isinstance(one[1], DatedVerdict)))
    for at, (_, one) in enumerate(order):
        if isinstance(one, BootMoment):
            _append_mark(marks, _mark_unjudged(boot.wall_ns(one)))
            continue
        _append_mark(marks, _mark_of_verdict(boot, one))
        until_ns = order[at + 1][0] if at + 1 < len(order) else None
        doubt = next((d for d in doubts if d.boot_ns >= one.decided_ns), None)
        if doubt is not None and (until_ns is None or doubt.boot_ns < until_ns):
            presumed = msgspec.structs.replace(
                marks[-1], start_ns=boot.wall_ns(doubt), basis=Basis.PRESUMED
            )
            _append_mark(marks, presumed)
    return marks


def _append_mark(marks: list[Interval], mark: Interval) -> None:
    if marks[-1].basis is Basis.PRESUMED and mark.start_ns < marks[-1].start_ns:
        marks.pop()  # Not presumed any more: it is known what came after.
    # Where two start together the later stands; the other is empty.
    start_ns = max(mark.start_ns, marks[-1].start_ns)
    marks.append(msgspec.structs.replace(mark, start_ns=start_ns))


def _mark_unjudged(start_ns: int) -> Interval:
    return Interval(
        start_ns=start_ns, end_ns=None, state=State.UNKNOWN, symptom=Symptom.NOT_YET_MEASURED
    )


def _mark_of_verdict(boot: BootRecord, turn: DatedVerdict) -> Interval:
    return Interval(
        start_ns=boot.wall_ns(turn.onset),
        end_ns=None,
        state=turn.state,
        symptom=turn.symptom,
        segment=turn.segment,
        error_s=turn.error_s if turn.onset.wall_ns is not None else boot.dating.error_s,
        source=turn.source,
    )


def _tile(
    course: Sequence[CoveredStretch | Interval], marks: Mapping[int, list[Interval]], floor_ns: int
) -> tuple[Interval, ...]:
    found: list[Interval] = []
    for at, one in enumerate(course):
        if isinstance(one, Interval):
            found.append(one)
            continue
        end_ns = None if at == len(course) - 1 else one.end_ns
        found.extend(_in_stretch(one, end_ns, marks.get(id(one.boot))))
    return joined(_after_floor(floor_ns, found))


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
    """Return what of intervals lies after a floor."""
    found = []
    for one in intervals:
        if one.end_ns is not None and one.end_ns <= floor_ns:
            continue
        if one.start_ns < floor_ns:
            found.append(msgspec.structs.replace(one, start_ns=floor_ns))
        else:
            found.append(one)
    return found


def _start(interval: Interval) -> int:
    return interval.start_ns
