"""Fault: one fault of one subject, from its onset to its end, as far as is known."""

from collections.abc import Iterable, Sequence
from enum import Enum, auto

import msgspec

from thongsuot_collector.timeline.interval import (
    UNOBSERVED,
    Basis,
    BatchRef,
    Interval,
    Rewrite,
    VerdictKey,
)
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom
from thongsuot_schema.words.dates import local

PHASES_KEPT = 40
"""A link that flaps for hours; the first phase and the latest stay."""

NS_PER_S = 1_000_000_000


class FaultPhase(msgspec.Struct, frozen=True, kw_only=True):
    """One interval of a fault, and the evidence of the verdict that began it."""

    interval: Interval
    evidence: tuple[Evidence, ...] = ()


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """
    One fault of one subject.

    ``phases`` are its intervals, oldest first: faults, what is unknown between them, and pauses too
    short to be its end. ``start_ns`` is the onset; ``end_ns`` when it was up again, ``None`` while
    that is not known. ``known_ns`` is when the collector learned of it, ``changed_ns`` when it last
    learned anything about it. ``is_withdrawn``: what arrived later says that there was no such
    fault; ``merged_into``: that it was one with another fault of the subject.
    """

    id: str
    subject: Subject
    phases: tuple[FaultPhase, ...]
    start_ns: int
    end_ns: int | None
    known_ns: int
    changed_ns: int = 0
    is_withdrawn: bool = False
    merged_into: str = ""

    @property
    def is_gone(self) -> bool:
        """Whether it is no fault of its own: there was none, or it is one with another."""
        return self.is_withdrawn or bool(self.merged_into)

    @property
    def is_ongoing(self) -> bool:
        """Whether its end is not known."""
        return self.end_ns is None and not self.is_gone

    @property
    def lag_s(self) -> float:
        """How long after its onset the collector learned of it."""
        return (self.known_ns - self.start_ns) / NS_PER_S

    @property
    def is_certain(self) -> bool:
        """Whether the fault itself is what was heard last of the subject."""
        return self.is_ongoing and is_fault(self.subject, self.phases[-1].interval)

    @property
    def presumed_ns(self) -> int | None:
        """Since when it is only presumed to go on, and nothing more is heard of it."""
        last = self.phases[-1].interval
        is_presumed = last.basis is Basis.PRESUMED and last.state is not State.UP
        return self.changed_ns if self.is_ongoing and is_presumed else None

    @property
    def main_phase(self) -> FaultPhase:
        """The phase that speaks for it: the latest fault; of what is over, the worst."""
        faults = [phase for phase in self.phases if is_fault(self.subject, phase.interval)]
        if self.is_ongoing:
            return faults[-1]
        # Of equally grave ones the later: its evidence is the newest.
        return max(reversed(faults), key=_state_rank)

    @property
    def error_s(self) -> float | None:
        """How far the onset may be off by the clocks."""
        return self.phases[0].interval.error_s

    @property
    def sources(self) -> tuple[BatchRef, ...]:
        """The batches that reported it, each once."""
        sources = [phase.interval.source for phase in self.phases]
        return tuple(dict.fromkeys(source for source in sources if source is not None))

    @property
    def verdicts(self) -> frozenset[VerdictKey]:
        """The verdicts that it rests on."""
        keys = (phase.interval.verdict for phase in self.phases)
        return frozenset(key for key in keys if key is not None)

    def has_symptom(self, symptom: Symptom) -> bool:
        """Return whether any phase shows a symptom."""
        return any(phase.interval.symptom is symptom for phase in self.phases)


class _IntervalRole(Enum):
    FAULT = auto()
    HEALTHY = auto()
    INCONCLUSIVE = auto()


def is_fault(subject: Subject, interval: Interval) -> bool:
    """Return whether an interval says that its subject is not as it should be."""
    return _role_of(subject, interval) is _IntervalRole.FAULT


def _role_of(subject: Subject, interval: Interval) -> _IntervalRole:
    """
    Return what an interval means to its subject's faults.

    A service that fails because of the line is the line's fault, not its own; a service through
    one link is judged with the link and with the service.
    """
    if interval.is_well:
        return _IntervalRole.HEALTHY
    if subject.is_device:
        return _IntervalRole.FAULT
    if subject.link and subject.service:
        return _IntervalRole.INCONCLUSIVE
    if interval.basis is not Basis.RECORD or interval.symptom in UNOBSERVED:
        return _IntervalRole.INCONCLUSIVE
    if subject.is_service and interval.segment is not Segment.SERVICE:
        return _IntervalRole.INCONCLUSIVE
    return _IntervalRole.FAULT


def faults_in(rewrite: Rewrite, calm_ns: int, now_ns: int) -> list[Fault]:
    """
    Return the faults that a rewrite's intervals show, in order, as if none had been known before.

    Faults of which the next begins less than ``calm_ns`` after the one before it ended are one.
    """
    faults: list[Fault] = []
    course: list[Interval] = []
    pause: list[Interval] = []
    healthy_from_ns: int | None = None
    for interval in rewrite.intervals:
        role = _role_of(rewrite.subject, interval)
        if role is _IntervalRole.FAULT:
            is_over = healthy_from_ns is not None and interval.start_ns - healthy_from_ns >= calm_ns
            if course and is_over:
                faults.append(_shown_fault(rewrite, course, healthy_from_ns, now_ns))
                course, pause = [], []
            course += [*pause, interval]
            pause, healthy_from_ns = [], None
        elif course:
            pause.append(interval)
            if role is _IntervalRole.HEALTHY and healthy_from_ns is None:
                healthy_from_ns = interval.start_ns
            elif healthy_from_ns is None:
                course += pause
                pause = []
    if course:
        faults.append(_shown_fault(rewrite, course, healthy_from_ns, now_ns))
    return faults


def _shown_fault(
    rewrite: Rewrite, course: Sequence[Interval], end_ns: int | None, now_ns: int
) -> Fault:
    start_ns = course[0].start_ns
    return Fault(
        id=readable_id(str(rewrite.subject), start_ns),
        subject=rewrite.subject,
        phases=tuple(FaultPhase(interval=interval) for interval in course),
        start_ns=start_ns,
        end_ns=end_ns,
        known_ns=now_ns,
        changed_ns=now_ns,
    )


def updated_fault(shown: Fault, rewrite: Rewrite, known: Fault | None) -> Fault:
    """
    Return a fault that a rewrite shows, with the evidence of its verdicts.

    One that is ``known`` keeps its name, and what the rewrite does not speak of: what was before
    where it is cut before the fault, and what comes after where it is cut after it.
    """
    evidence = dict(rewrite.evidence)
    intervals: Iterable[Interval] = [phase.interval for phase in shown.phases]
    start_ns, end_ns = shown.start_ns, shown.end_ns
    if known is not None:
        for phase in known.phases:
            verdict = phase.interval.verdict
            if verdict is not None and phase.evidence:
                evidence.setdefault(verdict, phase.evidence)
        is_cut_before = _is_cut_before(shown, rewrite)
        if is_cut_before:
            intervals = (*_before(known, shown.start_ns), *intervals)
        if is_cut_before or _is_mere_silence(shown):
            start_ns = min(start_ns, known.start_ns)
        if _is_cut_after(shown, rewrite):
            intervals = (*intervals, *_after(known, shown.phases[-1].interval.end_ns))
            end_ns = known.end_ns
    phases = tuple(
        FaultPhase(
            interval=interval,
            evidence=() if interval.verdict is None else evidence.get(interval.verdict, ()),
        )
        for interval in _bounded(tuple(intervals))
    )
    return msgspec.structs.replace(
        shown,
        id=shown.id if known is None else known.id,
        phases=phases,
        start_ns=start_ns,
        end_ns=end_ns,
        known_ns=shown.known_ns if known is None else known.known_ns,
    )


def _is_cut_before(shown: Fault, rewrite: Rewrite) -> bool:
    """Return whether a fault may have begun before what is rewritten."""
    earlier = [interval for interval in rewrite.intervals if interval.start_ns < shown.start_ns]
    # Where it was healthy, whatever was before would have ended.
    was_healthy = any(_role_of(shown.subject, part) is _IntervalRole.HEALTHY for part in earlier)
    return not was_healthy and (rewrite.is_cut_before or not earlier)


def _is_cut_after(shown: Fault, rewrite: Rewrite) -> bool:
    """Return whether a fault may go on after what is rewritten."""
    last_ns = shown.phases[-1].interval.start_ns
    return rewrite.is_cut_after and not any(
        is_fault(shown.subject, interval)
        for interval in rewrite.intervals
        if interval.start_ns > last_ns
    )


def _before(known: Fault, start_ns: int) -> Iterable[Interval]:
    """Yield what is known of a fault from before a moment."""
    for phase in known.phases:
        interval = phase.interval
        if interval.start_ns < start_ns:
            is_longer = interval.end_ns is None or interval.end_ns > start_ns
            yield msgspec.structs.replace(interval, end_ns=start_ns) if is_longer else interval


def _after(known: Fault, end_ns: int | None) -> Iterable[Interval]:
    """Yield what is known of a fault from a moment on."""
    return (
        phase.interval
        for phase in known.phases
        if end_ns is not None and phase.interval.start_ns >= end_ns
    )


def _is_mere_silence(shown: Fault) -> bool:
    """
    Return whether a device was not heard, and not off: that began when it was heard last.

    A record that arrives piece by piece fills the gap from its beginning; nobody was heard there
    all the same.
    """
    return shown.subject.is_device and not shown.has_symptom(Symptom.DEVICE_OFF)


def withdrawn(known: Fault) -> Fault:
    """Return a fault of which later news says that there was none."""
    return msgspec.structs.replace(known, is_withdrawn=True)


def merged(known: Fault, other: Fault) -> Fault:
    """Return a fault of which later news says that it was one with another."""
    return msgspec.structs.replace(known, merged_into=other.id)


def is_same_fault(known: Fault, shown: Fault, calm_ns: int) -> bool:
    """
    Return whether both are the same fault: they rest on a verdict in common, or overlap.

    A fault whose device is dated anew may move by hours; the verdicts that reported it do not.
    """
    if not known.verdicts.isdisjoint(shown.verdicts):
        return True
    starts_before = shown.end_ns is None or known.start_ns < shown.end_ns + calm_ns
    ends_after = known.end_ns is None or shown.start_ns < known.end_ns + calm_ns
    return starts_before and ends_after


def readable_id(key: str, start_ns: int) -> str:
    """
    Return the name of what began at a time: the day in Vietnam and eight digits that follow from
    key and time, so that the same always gets the same name, and a person can read it out.
    """
    day = local(start_ns / NS_PER_S).strftime("%Y%m%d")
    return f"{day}-{digest_of(f'{key} {start_ns}'.encode()).hex()[:8]}"


def _state_rank(phase: FaultPhase) -> int:
    return (State.UNKNOWN, State.DEGRADED, State.DOWN).index(phase.interval.state)


def _bounded(intervals: Sequence[Interval]) -> list[Interval]:
    if len(intervals) <= PHASES_KEPT:
        return list(intervals)
    return [intervals[0], *intervals[1 - PHASES_KEPT :]]
