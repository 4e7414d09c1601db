"""Fault: one fault of one subject, from its onset to its end, as far as known."""

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
"""Limit for a link that flaps for hours; the first phase and the latest are kept."""

NS_PER_S = 1_000_000_000


class FaultPhase(msgspec.Struct, frozen=True, kw_only=True):
    """One interval of a fault, and the evidence of the verdict that began it."""

    interval: Interval
    evidence: tuple[Evidence, ...] = ()


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """
    One fault of one subject.

    ``phases`` are its intervals, oldest first: faults, unknown time between them, and pauses too
    short to be its end. ``start_ns`` is the onset; ``end_ns`` the recovery, ``None`` while unknown.
    ``known_ns`` is the time of detection by the collector, ``changed_ns`` of its last change.
    ``is_withdrawn``: later data showed that there was no such fault; ``merged_into``: that it was
    the same as another fault of the subject.
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
        """Whether it is no separate fault: it was withdrawn or merged."""
        return self.is_withdrawn or bool(self.merged_into)

    @property
    def is_ongoing(self) -> bool:
        """Whether its end is not known."""
        return self.end_ns is None and not self.is_gone

    @property
    def lag_s(self) -> float:
        """The time from its onset to its detection by the collector."""
        return (self.known_ns - self.start_ns) / NS_PER_S

    @property
    def is_certain(self) -> bool:
        """Whether the fault itself is the last report about the subject."""
        return self.is_ongoing and is_fault(self.subject, self.phases[-1].interval)

    @property
    def presumed_ns(self) -> int | None:
        """The time since which it is only presumed to last, without further reports."""
        last = self.phases[-1].interval
        is_presumed = last.basis is Basis.PRESUMED and last.state is not State.UP
        return self.changed_ns if self.is_ongoing and is_presumed else None

    @property
    def main_phase(self) -> FaultPhase:
        """The representative phase: the latest fault; the worst one if it is over."""
        faults = [phase for phase in self.phases if is_fault(self.subject, phase.interval)]
        if self.is_ongoing:
            return faults[-1]
        # Of equally severe ones the later: its evidence is the newest.
        return max(reversed(faults), key=_state_rank)

    @property
    def error_s(self) -> float | None:
        """The error bound of the onset from the clocks."""
        return self.phases[0].interval.error_s

    @property
    def sources(self) -> tuple[BatchRef, ...]:
        """The batches that reported it, each once."""
        sources = [phase.interval.source for phase in self.phases]
        return tuple(dict.fromkeys(source for source in sources if source is not None))

    @property
    def verdicts(self) -> frozenset[VerdictKey]:
        """Its verdicts."""
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
    """Return whether an interval is a fault of its subject."""
    return _role_of(subject, interval) is _IntervalRole.FAULT


def _role_of(subject: Subject, interval: Interval) -> _IntervalRole:
    """
    Return the role of an interval in its subject's faults.

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
    Return the faults in a rewrite's intervals, in order, ignoring earlier known ones.

    A fault that begins less than ``calm_ns`` after the end of the previous one continues it.
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

    One that is ``known`` keeps its name, and the phases outside the rewrite: earlier ones if it is
    cut before the fault, and later ones if it is cut after it.
    """
    evidence = dict(rewrite.evidence)
    intervals: Iterable[Interval] = [phase.interval for phase in shown.phases]
    start_ns, end_ns = shown.start_ns, shown.end_ns
    if known is not None:
        for phase in known.phases:
            verdict = phase.interval.verdict
            if verdict is not None:
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
    """Return whether a fault may have begun before the rewrite."""
    earlier = [interval for interval in rewrite.intervals if interval.start_ns < shown.start_ns]
    # A healthy begin would have ended any earlier fault.
    was_healthy = any(_role_of(shown.subject, part) is _IntervalRole.HEALTHY for part in earlier)
    return not was_healthy and (rewrite.is_cut_before or not earlier)


def _is_cut_after(shown: Fault, rewrite: Rewrite) -> bool:
    """Return whether a fault may continue after the rewrite."""
    last_ns = shown.phases[-1].interval.start_ns
    return rewrite.is_cut_after and not any(
        is_fault(shown.subject, interval)
        for interval in rewrite.intervals
        if interval.start_ns > last_ns
    )


def _before(known: Fault, start_ns: int) -> Iterable[Interval]:
    """Yield the phases of a known fault before a moment."""
    for phase in known.phases:
        interval = phase.interval
        if interval.start_ns < start_ns:
            is_longer = interval.end_ns is None or interval.end_ns > start_ns
            yield msgspec.structs.replace(interval, end_ns=start_ns) if is_longer else interval


def _after(known: Fault, end_ns: int | None) -> Iterable[Interval]:
    """Yield the phases of a known fault from a moment on."""
    return (
        phase.interval
        for phase in known.phases
        if end_ns is not None and phase.interval.start_ns >= end_ns
    )


def _is_mere_silence(shown: Fault) -> bool:
    """
    Return whether a device was silent, and not off: that began at its last sign of life.

    A record that arrives in parts fills the gap from its begin; the device was silent nevertheless.
    """
    return shown.subject.is_device and not shown.has_symptom(Symptom.DEVICE_OFF)


def withdrawn(known: Fault) -> Fault:
    """Return a fault marked as withdrawn by later data."""
    return msgspec.structs.replace(known, is_withdrawn=True)


def merged(known: Fault, other: Fault) -> Fault:
    """Return a fault marked as the same as another one by later data."""
    return msgspec.structs.replace(known, merged_into=other.id)


def is_same_fault(known: Fault, shown: Fault, calm_ns: int) -> bool:
    """
    Return whether both are the same fault: they share a verdict, or overlap.

    The fault of a redated device may move by hours; its verdicts stay the same.
    """
    if not known.verdicts.isdisjoint(shown.verdicts):
        return True
    starts_before = shown.end_ns is None or known.start_ns < shown.end_ns + calm_ns
    ends_after = known.end_ns is None or shown.start_ns < known.end_ns + calm_ns
    return starts_before and ends_after


def readable_id(key: str, start_ns: int) -> str:
    """
    Return a readable name for an onset: the day in Vietnam and eight digits derived from key and
    time, so that the same onset always gets the same name.
    """
    day = local(start_ns / NS_PER_S).strftime("%Y%m%d")
    return f"{day}-{digest_of(f'{key} {start_ns}'.encode()).hex()[:8]}"


def _state_rank(phase: FaultPhase) -> int:
    return (State.UNKNOWN, State.DEGRADED, State.DOWN).index(phase.interval.state)


def _bounded(intervals: Sequence[Interval]) -> list[Interval]:
    if len(intervals) <= PHASES_KEPT:
        return list(intervals)
    return [intervals[0], *intervals[1 - PHASES_KEPT :]]
