"""
A device's life for tests: what truly happened, the batches that tell of it, and a naive reading.

``BootScript`` is scripted in whole seconds since ``EPOCH_S``. ``reference`` reads a set of pieces
second by second, by the rules as they are written down, without anything of the timeline's own
code.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from thongsuot_collector.journal.entry import ClockQuality
from thongsuot_collector.timeline.batch_summary import BatchSummary, spans_of
from thongsuot_collector.timeline.interval import Interval
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Evidence, Symptom, Verdict, VerdictChange

NS = 10**9
EPOCH_S = 1_795_000_000
PUSH_S = 15
JOINED_S = 60

UP = (State.UP, None, Symptom.NONE)
CUT = (State.DOWN, Segment.ACCESS, Symptom.ACCESS_SILENT)
UNPLUGGED = (State.DOWN, Segment.LAN, Symptom.CABLE_UNPLUGGED)
LOSSY = (State.DEGRADED, Segment.ACCESS, Symptom.ACCESS_LOSS)
REFUSES = (State.DOWN, Segment.SERVICE, Symptom.SERVICE_REFUSED)
OUT = (State.DOWN, Segment.CARRIER, Symptom.CARRIER_SILENT)
SOMEWHERE = (State.UNKNOWN, None, Symptom.ACCESS_SILENT)

UNJUDGED = (State.UNKNOWN, None, Symptom.NOT_YET_MEASURED)

VerdictTriple = tuple[State, Segment | None, Symptom]


def wall_ns(second: float) -> int:
    """Return a second of the script as Unix time."""
    return round((EPOCH_S + second) * NS)


@dataclass
class BootScript:
    """
    One boot of a device that measured from ``from_s`` on, with batches sealed every ``PUSH_S``.

    ``on_s`` is when it was switched on. Times are seconds of the script.
    """

    site: str = "s1"
    boot: str = "b1"
    stream: str = "a1"
    on_s: int = 0
    number: int = 0
    quality: ClockQuality = ClockQuality.TRUSTED
    off_by_s: int = 0
    pieces: list[BatchSummary] = field(default_factory=list)
    _said: dict[tuple[str, str], State] = field(default_factory=dict)

    def change(
        self, subject: str, verdict: VerdictTriple, onset_s: float, decided_s: float
    ) -> VerdictChange:
        """Return a verdict change on ``link``, ``link/service`` or ``/service``."""
        link, _, service = subject.partition("/")
        before = self._said.get((link, service), State.UNKNOWN)
        self._said[link, service] = verdict[0]
        return VerdictChange(
            verdict=Verdict(
                link=link,
                service=service,
                state=verdict[0],
                segment=verdict[1],
                symptom=verdict[2],
                evidence=(Evidence(kind="icmp", target=f"t{decided_s}", failed=3),),
            ),
            before=before,
            onset_boottime_ns=round((onset_s - self.on_s) * NS),
            decided_boottime_ns=round((decided_s - self.on_s) * NS),
        )

    def batch(
        self,
        from_s: float,
        to_s: float,
        changes: Sequence[VerdictChange] = (),
        *,
        starts: Sequence[float] = (),
        signs: Iterable[tuple[float, float]] | None = None,
    ) -> BatchSummary:
        """Seal a batch that tells of a time, and return it."""
        self.number += 1
        alive = [(from_s, to_s)] if signs is None else list(signs)
        piece = BatchSummary(
            site=self.site,
            stream=self.stream,
            number=self.number,
            digest=f"{self.stream}{self.number}".encode(),
            boot_id=self.boot,
            epoch_ns=wall_ns(self.on_s + self.off_by_s),
            quality=self.quality,
            sealed_ns=round((to_s - self.on_s) * NS),
            clock_error_s=0.01,
            spans=spans_of(
                (round((a - self.on_s) * NS), round((b - self.on_s) * NS)) for a, b in alive
            ),
            starts=tuple(round((at - self.on_s) * NS) for at in starts),
            changes=tuple(changes),
        )
        self.pieces.append(piece)
        return piece

    def measure(self, from_s: int, to_s: int) -> list[BatchSummary]:
        """Seal batches without news that tell of a time."""
        return [self.batch(at, min(at + PUSH_S, to_s)) for at in range(from_s, to_s, PUSH_S)]


def reference(
    pieces: Iterable[BatchSummary], subject: Subject, seconds: range, *, is_silent: bool
) -> list[VerdictTriple]:
    """Return what is said of a subject in each second, read naively from a set of pieces."""
    boots: dict[str, list[BatchSummary]] = {}
    for piece in {(sent.stream, sent.number): sent for sent in pieces}.values():
        boots.setdefault(piece.boot_id, []).append(piece)
    alive: dict[int, str] = {}
    verdict: dict[str, dict[int, VerdictTriple]] = {}
    on_s: dict[str, int] = {}
    for boot, of_boot in boots.items():
        on_s[boot] = of_boot[0].epoch_ns // NS - EPOCH_S
        alive |= dict.fromkeys(_alive(of_boot, on_s[boot]), boot)
        verdict[boot] = _said_in(of_boot, subject, on_s[boot], seconds)
    last_s = max(alive)
    triples: list[VerdictTriple] = []
    for second in seconds:
        if second in alive:
            triples.append(UP if subject.is_device else verdict[alive[second]][second])
        elif second > last_s:
            now = UP if subject.is_device else verdict[alive[last_s]][second]
            triples.append((State.UNKNOWN, None, Symptom.AGENT_SILENT) if is_silent else now)
        else:
            before = alive[max(second_alive for second_alive in alive if second_alive < second)]
            after = alive[min(second_alive for second_alive in alive if second_alive > second)]
            if before == after:
                triples.append((State.UNKNOWN, None, Symptom.AGENT_SILENT))
            elif second < on_s[after]:
                triples.append((State.UNKNOWN, Segment.DEVICE, Symptom.DEVICE_OFF))
            else:
                triples.append((State.UNKNOWN, None, Symptom.NOT_YET_MEASURED))
    return triples


def _alive(pieces: Iterable[BatchSummary], on_s: int) -> set[int]:
    seconds = {
        second + on_s
        for piece in pieces
        for begin, end in piece.spans
        for second in range(begin // NS, end // NS)
    }
    seconds |= {c.decided_boottime_ns // NS + on_s for piece in pieces for c in piece.changes}
    ends = {end // NS + on_s for piece in pieces for _, end in piece.spans}
    begins = {begin // NS + on_s for piece in pieces for begin, _ in piece.spans}
    for end in ends:
        later = [begin for begin in begins if end < begin <= end + JOINED_S]
        for begin in later:
            seconds |= set(range(end, begin))
    return seconds


def _said_in(
    pieces: Iterable[BatchSummary], subject: Subject, on_s: int, seconds: range
) -> dict[int, VerdictTriple]:
    """Paint each verdict in the order in which they were given; none takes the one before back."""
    paint: dict[int, VerdictTriple] = dict.fromkeys(range(on_s, seconds.stop), UNJUDGED)
    news: list[tuple[int, int, int, VerdictTriple]] = []
    for summary in pieces:
        news.extend((start // NS, 0, start // NS, UNJUDGED) for start in summary.starts)
        for change in summary.changes:
            verdict = change.verdict
            if (verdict.link, verdict.service) == (subject.link, subject.service):
                triple = (verdict.state, verdict.segment, verdict.symptom)
                onset_s = change.onset_boottime_ns // NS
                news.append((change.decided_boottime_ns // NS, 1, onset_s, triple))
    begin_s, prior = 0, None
    for decided_s, is_verdict, onset_s, triple in sorted(news, key=lambda item: item[:2]):
        if not is_verdict:
            begin_s, prior = decided_s, None
        else:
            begin_s = _begin_s(decided_s, onset_s, triple, begin_s, prior)
            prior = (decided_s, onset_s, triple)
        for second in range(begin_s + on_s, seconds.stop):
            paint[second] = triple
    return paint


def _begin_s(
    decided_s: int,
    onset_s: int,
    triple: VerdictTriple,
    before_s: int,
    prior: tuple[int, int, VerdictTriple] | None,
) -> int:
    """Return the second from which on a verdict stands; ``before_s`` is that of the one before."""
    if prior is None or prior[2][0] is triple[0]:
        return max(onset_s, before_s)
    prior_decided_s, prior_onset_s, _ = prior
    if onset_s > prior_decided_s:
        return onset_s
    is_fault = triple[0] in {State.DOWN, State.DEGRADED}
    if (onset_s <= prior_onset_s and not is_fault) or prior_decided_s <= before_s:
        return decided_s
    return prior_decided_s


def second_by_second(intervals: Sequence[Interval], seconds: range) -> list[VerdictTriple]:
    """Return what intervals say in each second."""
    triples: list[VerdictTriple] = []
    for second in seconds:
        at = wall_ns(second)
        interval = next(
            i for i in intervals if i.start_ns <= at and (i.end_ns is None or at < i.end_ns)
        )
        triples.append((interval.state, interval.segment, interval.symptom))
    return triples
