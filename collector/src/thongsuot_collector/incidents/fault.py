"""Trouble: one fault of one subject, from its onset to its end, as far as is known."""

from collections.abc import Iterable, Sequence
from enum import Enum, auto

import msgspec

from thongsuot_collector.timeline.interval import (
    Basis,
    BatchRef,
    Interval,
    Rewrite,
    VerdictEvidence,
)
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.batch.digest import digest_of
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom
from thongsuot_schema.words.dates import local

PHASES_KEPT = 40
"""A link that flaps for hours; the first phase and the latest stay."""

_UNOBSERVED = frozenset(
    {
        Symptom.NOT_YET_MEASURED,
        Symptom.AGENT_SILENT,
        Symptom.DEVICE_OFF,
        Symptom.DEVICE_OVERLOADED,
    }
)

NS_PER_S = 1_000_000_000


class FaultPhase(msgspec.Struct, frozen=True, kw_only=True):
    """One interval of a trouble, and the evidence of the verdict that began it."""

    interval: Interval
    evidence: tuple[Evidence, ...] = ()


class Fault(msgspec.Struct, frozen=True, kw_only=True):
    """
    One fault of one subject.

    ``phases`` are its intervals, oldest first: faults, what is unknown between them, and pauses too
    short to be its end. ``start_ns`` is the onset; ``end_ns`` when it was up again, ``None`` while
    that is not known. ``known_ns`` is when the collector learned of it, ``changed_ns`` when it last
    learned anything about it. ``is_withdrawn``: what arrived later says that there was no such
    fault.
    """

    id: str
    subject: Subject
    phases: tuple[FaultPhase, ...]
    start_ns: int
    end_ns: int | None
    known_ns: int
    changed_ns: int = 0
    is_withdrawn: bool = False

    @property
    def is_ongoing(self) -> bool:
        """Whether its end is not known."""
        return self.end_ns is None and not self.is_withdrawn

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
        faults = [one for one in self.phases if is_fault(self.subject, one.interval)]
        if self.is_ongoing:
            return faults[-1]
        return max(enumerate(faults), key=lambda one: (_state_rank(one[1]), one[0]))[1]

    @property
    def error_s(self) -> float | None:
        """How far the onset may be off by the clocks."""
        return self.phases[0].interval.error_s

    @property
    def sources(self) -> tuple[BatchRef, ...]:
        """The batches that told of it, each once."""
        found = [one.interval.source for one in self.phases if one.interval.source is not None]
        return tuple(dict.fromkeys(found))

    def has_symptom(self, symptom: Symptom) -> bool:
        """Return whether any phase shows a symptom."""
        return any(one.interval.symptom is symptom for one in self.phases)


class _IntervalRole(Enum):
    FAULT = auto()
    HEALTHY = auto()
    INCONCLUSIVE = auto()


class FaultDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A trouble as a rewrite shows it; ``is_cut``: it may have begun before what is rewritten."""

    intervals: tuple[Interval, ...]
    end_ns: int | None
    is_cut: bool

    @property
    def start_ns(self) -> int:
        """The onset."""
        return self.intervals[0].start_ns


def is_fault(subject: Subject, interval: Interval) -> bool:
    """Return whether an interval says that its subject is not as it should be."""
    return _role_of(subject, interval) is _IntervalRole.FAULT


def _role_of(subject: Subject, interval: Interval) -> _IntervalRole:
    """
    Return what an interval means to its subject's troubles.

    A service that fails for the line's sake is the line's trouble, not its own; a service through
    one link is judged with the link and with the service.
    """
    if interval.state is State.UP:
        return _IntervalRole.HEALTHY
    if subject.is_device:
        return _IntervalRole.FAULT
    if subject.link and subject.service:
        return _IntervalRole.INCONCLUSIVE
    if interval.basis is not Basis.RECORD or interval.symptom in _UNOBSERVED:
        return _IntervalRole.INCONCLUSIVE
    if subject.is_service and interval.segment is not Segment.SERVICE:
        return _IntervalRole.INCONCLUSIVE
    return _IntervalRole.FAULT


def drafts_of(rewrite: Rewrite, calm_ns: int) -> list[FaultDraft]:
    """
    Return the troubles that a rewrite's intervals show, in order.

    Faults of which the next begins less than ``calm_ns`` after the one before it ended are one.
    """
    found: list[FaultDraft] = []
    course: list[Interval] = []
    calm_from: int | None = None
    pause: list[Interval] = []
    is_cut = False
    for at, one in enumerate(rewrite.intervals):
        kind = _role_of(rewrite.subject, one)
        if kind is _IntervalRole.FAULT:
            if course and calm_from is not None and one.start_ns - calm_from >= calm_ns:
                found.append(FaultDraft(intervals=tuple(course), end_ns=calm_from, is_cut=is_cut))
                course = []
            if not course:
                is_cut = at == 0
            course += [*(pause if course else ()), one]
            calm_from, pause = None, []
        elif course:
            pause.append(one)
            if kind is _IntervalRole.HEALTHY and calm_from is None:
                calm_from = one.start_ns
            elif calm_from is None:
                course += pause
                pause = []
    if course:
        found.append(FaultDraft(intervals=tuple(course), end_ns=calm_from, is_cut=is_cut))
    return found


def fault_from_draft(
    draft: FaultDraft,
    subject: Subject,
    known: Fault | None,
    proofs: Iterable[VerdictEvidence],
    now_ns: int,
) -> Fault:
    """Return a trouble as a draft shows it; of one that is known already its name stays."""
    evidence = {(one.source, one.state, one.symptom): one.evidence for one in proofs}
    for phase in known.phases if known is not None else ():
        key = _verdict_key(phase.interval)
        if key is not None and phase.evidence:
            evidence.setdefault(key, phase.evidence)
    phases = [
        FaultPhase(
            interval=one,
            evidence=() if (key := _verdict_key(one)) is None else evidence.get(key, ()),
        )
        for one in _bounded(draft.intervals)
    ]
    start_ns = draft.start_ns
    if known is not None and (draft.is_cut or _is_mere_silence(subject, draft)):
        start_ns = min(start_ns, known.start_ns)
    return Fault(
        id=readable_id(str(subject), start_ns) if known is None else known.id,
        subject=subject,
        phases=tuple(phases),
        start_ns=start_ns,
        end_ns=draft.end_ns,
        known_ns=now_ns if known is None else known.known_ns,
        changed_ns=now_ns,
    )


def _is_mere_silence(subject: Subject, draft: FaultDraft) -> bool:
    """
    Return whether a device was not heard, and not off: that began when it was heard last.

    A record that arrives piece by piece fills the gap from its beginning; nobody was heard there
    all the same.
    """
    return subject.is_device and all(
        one.symptom is not Symptom.DEVICE_OFF for one in draft.intervals
    )


def withdrawn(known: Fault) -> Fault:
    """Return a trouble of which later news says that there was none."""
    return msgspec.structs.replace(known, is_withdrawn=True)


def is_same_fault(known: Fault, draft: FaultDraft, calm_ns: int) -> bool:
    """Return whether a draft is of the same trouble: both overlap, or nearly."""
    starts_before = draft.end_ns is None or known.start_ns < draft.end_ns + calm_ns
    ends_after = known.end_ns is None or draft.start_ns < known.end_ns + calm_ns
    return starts_before and ends_after


def readable_id(key: str, start_ns: int) -> str:
    """
    Return the name of what began at a time: the day in Vietnam and eight digits that follow from
    key and time, so that the same always gets the same name, and a person can read it out.
    """
    day = local(start_ns / NS_PER_S).strftime("%Y%m%d")
    return f"{day}-{digest_of(f'{key} {start_ns}'.encode()).hex()[:8]}"


def _verdict_key(interval: Interval) -> tuple[BatchRef, State, Symptom] | None:
    if interval.source is None:
        return None
    return interval.source, interval.state, interval.symptom


def _state_rank(phase: FaultPhase) -> int:
    return (State.UNKNOWN, State.DEGRADED, State.DOWN).index(phase.interval.state)


def _bounded(intervals: Sequence[Interval]) -> list[Interval]:
    if len(intervals) <= PHASES_KEPT:
        return list(intervals)
    return [intervals[0], *intervals[1 - PHASES_KEPT :]]
