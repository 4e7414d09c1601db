"""
The verdicts in force over time, inside one stream of an agent. Pure.

Inside a stream everything is ordered by CLOCK_BOOTTIME and batches are numbered without gaps, so
this is correct for late batches and any order of arrival: new ones first, the backlog after them.
"""

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator

import msgspec

from thongsuot_collector.journal import ranges
from thongsuot_schema.batch.model import Notice, NoticeCode
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom, VerdictChange

_SEPARATOR = "\n"
"""A separator that no name contains (names are single words)."""


class VerdictTransition(msgspec.Struct, frozen=True, array_like=True):
    """
    The verdict on one subject from one moment on.

    Times are CLOCK_BOOTTIME. ``number`` is its batch.
    """

    decided_ns: int
    onset_ns: int
    number: int
    state: State
    segment: Segment | None = None
    symptom: Symptom = Symptom.NONE
    evidence: tuple[Evidence, ...] = ()


class StandingVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """A verdict in force on a link, a service (``link`` empty) or a service through a link."""

    link: str
    service: str
    transition: VerdictTransition


class StreamVerdicts(msgspec.Struct, kw_only=True):
    """
    The verdict changes of one stream that have arrived.

    ``held`` are the numbers of the batches that arrived. ``starts`` are the moments at which the
    agent started inside the stream: earlier verdicts are not in force after them.
    """

    held: tuple[ranges.Range, ...] = ()
    starts: list[int] = []
    transitions: dict[str, list[VerdictTransition]] = {}

    def add(self, number: int, changes: Iterable[VerdictChange], notices: Iterable[Notice]) -> bool:
        """Add a batch's verdict changes; ``False`` if the batch was added before."""
        if ranges.holds(self.held, number):
            return False
        self.held = ranges.with_number(self.held, number)
        for change in changes:
            verdict = change.verdict
            transition = VerdictTransition(
                change.decided_boottime_ns,
                change.onset_boottime_ns,
                number,
                verdict.state,
                verdict.segment,
                verdict.symptom,
                verdict.evidence,
            )
            subject = verdict.link + _SEPARATOR + verdict.service
            insort(self.transitions.setdefault(subject, []), transition, key=_decided)
        for notice in notices:
            if notice.code is NoticeCode.STARTED:
                insort(self.starts, notice.boottime_ns)
        return True

    def at(self, boottime_ns: int) -> Iterator[StandingVerdict]:
        """Yield the verdicts in force at a moment, to present knowledge."""
        started_ns = self._started_before(boottime_ns)
        for subject, transitions in self.transitions.items():
            place = bisect_right(transitions, boottime_ns, key=_decided)
            if place and transitions[place - 1].decided_ns >= started_ns:
                yield _standing(subject, transitions[place - 1])

    def certain_at(self, boottime_ns: int, number: int) -> Iterator[StandingVerdict]:
        """
        Yield the verdicts that were certainly in force at a moment covered by batch ``number``.

        No batch is missing between that of the verdict and this one, so no change can be unknown.
        """
        whole_from = ranges.start_of(self.held, number)
        for standing in self.at(boottime_ns):
            if standing.transition.number >= whole_from:
                yield standing

    def all_transitions(self) -> Iterator[StandingVerdict]:
        """Yield each change of each subject, ordered by time for each."""
        for subject, transitions in self.transitions.items():
            for transition in transitions:
                yield _standing(subject, transition)

    def begin_of(self, standing: StandingVerdict) -> int:
        """
        Return the begin of a verdict: its onset, but not before its process or the previous
        verdict.
        """
        transitions = self.transitions[standing.link + _SEPARATOR + standing.service]
        return self._begin(
            transitions, bisect_right(transitions, standing.transition.decided_ns, key=_decided) - 1
        )

    def end_of(self, standing: StandingVerdict) -> int | None:
        """Return the end of a verdict (next verdict, restart); ``None``: it is in force."""
        transitions = self.transitions[standing.link + _SEPARATOR + standing.service]
        place = bisect_right(transitions, standing.transition.decided_ns, key=_decided)
        ends = [self._begin(transitions, place)] if place < len(transitions) else []
        restart = bisect_right(self.starts, standing.transition.decided_ns)
        if restart < len(self.starts):
            ends.append(self.starts[restart])
        return min(ends, default=None)

    def forget_before(self, boottime_ns: int) -> None:
        """Drop verdicts that ended before a moment; those in force at it stay."""
        for transitions in self.transitions.values():
            place = bisect_right(transitions, boottime_ns, key=_decided)
            if place > 1:
                del transitions[: place - 1]
        place = bisect_right(self.starts, boottime_ns)
        if place > 1:
            del self.starts[: place - 1]

    def bound(self, *, max_transitions: int, max_gaps: int) -> None:
        """Keep the newest transitions and starts, and the newest gaps in the numbers."""
        if len(self.starts) > max_transitions:
            del self.starts[:-max_transitions]
        if len(self.held) > max_gaps:
            self.held = self.held[-max_gaps:]
        decided = sorted(
            transition.decided_ns for known in self.transitions.values() for transition in known
        )
        if len(decided) > max_transitions:
            oldest_ns = decided[-max_transitions]
            kept = {
                subject: [transition for transition in known if transition.decided_ns >= oldest_ns]
                for subject, known in self.transitions.items()
            }
            self.transitions = {subject: known for subject, known in kept.items() if known}
            self.forget_before(oldest_ns)

    def _begin(self, transitions: list[VerdictTransition], place: int) -> int:
        transition = transitions[place]
        before_ns = transitions[place - 1].onset_ns if place else transition.onset_ns
        return max(transition.onset_ns, before_ns, self._started_before(transition.decided_ns))

    def _started_before(self, boottime_ns: int) -> int:
        place = bisect_right(self.starts, boottime_ns)
        return self.starts[place - 1] if place else -1


def _decided(transition: VerdictTransition) -> int:
    return transition.decided_ns


def _standing(subject: str, transition: VerdictTransition) -> StandingVerdict:
    link, _, service = subject.partition(_SEPARATOR)
    return StandingVerdict(link=link, service=service, transition=transition)
