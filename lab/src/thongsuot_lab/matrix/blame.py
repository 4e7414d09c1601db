"""Which party was at fault when (known because the lab broke it), and which was blamed wrongly."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from thongsuot_lab.matrix.fault_location import FaultLocation, Subject
from thongsuot_lab.matrix.journal_reader import RecordedChange
from thongsuot_lab.matrix.row import MatrixRow
from thongsuot_lab.matrix.trial import RowTrial
from thongsuot_schema.segment import Segment, party_for
from thongsuot_schema.state import State

_AFTERMATH_NS = 500_000_000
"""
A trial ends when its state is polled; a verdict decided shortly afterwards still belongs to it.
"""


class BlameError(StrEnum):
    """How a blame is wrong."""

    PARTY = "party"
    """The notified party cannot repair the fault."""

    SEGMENT = "segment"
    """The right party, but the wrong segment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultPeriod:
    """A fault that existed from one moment to another (CLOCK_BOOTTIME)."""

    row: MatrixRow
    place: FaultLocation
    from_ns: int
    to_ns: int

    def segments(self, subject: Subject, state: State) -> frozenset[Segment]:
        """
        Return the segments at fault from the point of view of a subject; empty if it is not
        concerned.
        """
        return self.row.faulty_segments if self._concerns(subject, state) else frozenset()

    def _concerns(self, subject: Subject, state: State) -> bool:
        site, link, service = subject
        if self.place.portal:
            return service == self.place.portal
        if site not in self.place.sites():
            return False
        if link:
            return (site, link) in set(self.place.lines())
        # A verdict may report that a service is reached over fewer links than usual, and the
        # reason.
        return self.row.site_services or state is State.DEGRADED


@dataclass(frozen=True, slots=True, kw_only=True)
class WrongBlame:
    """A verdict that names a segment without a fault."""

    change: RecordedChange
    error: BlameError
    during: tuple[str, ...]

    def text(self) -> str:
        """Return one line for people."""
        change = self.change
        subject = "/".join(word for word in (change.site, change.link, change.service) if word)
        during = ", ".join(self.during) or "nothing"
        blamed = f"{change.state} {change.segment} {change.symptom}"
        return f"wrong {self.error}: {subject} {blamed} while broken there: {during}"


def fault_periods(trials: Iterable[RowTrial]) -> list[FaultPeriod]:
    """Return the faults of these trials, each lasting until everything had recovered."""
    periods = []
    for trial in trials:
        if trial.injected_at is None:
            continue
        last = trial.healthy_at
        to_ns = 1 << 62 if last is None else last.boottime_ns + _AFTERMATH_NS
        periods.append(
            FaultPeriod(
                row=trial.row,
                place=trial.place,
                from_ns=trial.injected_at.boottime_ns,
                to_ns=to_ns,
            )
        )
    return periods


def wrong_blames(
    changes: Iterable[RecordedChange], guilt: Sequence[FaultPeriod]
) -> list[WrongBlame]:
    """Return every verdict that blames a segment that was not at fault at that time."""
    blames = []
    for change in changes:
        if change.state not in {State.DEGRADED, State.DOWN}:
            continue
        periods_then = [
            period for period in guilt if period.from_ns <= change.decided_ns <= period.to_ns
        ]
        segments: set[Segment] = set()
        for period in periods_then:
            segments |= period.segments((change.site, change.link, change.service), change.state)
        if change.segment in segments:
            continue
        parties = {party_for(segment) for segment in segments}
        is_party = party_for(change.segment) not in parties
        names = tuple(
            f"{period.row.name}@{period.place.name}"
            for period in periods_then
            if change.site in period.place.sites()
        )
        wrong = BlameError.PARTY if is_party else BlameError.SEGMENT
        blames.append(WrongBlame(change=change, error=wrong, during=names))
    return blames
