"""
Boot: what is known of one boot of a site's device, in a form that is the same whatever the order in
which its batches arrived.

Inside a boot everything is ordered by CLOCK_BOOTTIME, which never steps; the wall clock only says
when. A batch dated by a clock that nobody vouches for takes the dating of the best batch of its
boot.
"""

from bisect import insort

import msgspec

from thongsuot_collector.journal.entry import ClockQuality
from thongsuot_collector.timeline.batch_summary import JOINED_NS, BatchSummary
from thongsuot_collector.timeline.interval import BatchRef
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

TRAVEL_ERROR_S = 1.0
"""A time found by the collector's clock is late by what a push travelled; a bad 5G link: 1 s."""

_RANKS = {
    ClockQuality.IMPOSSIBLE: 0,
    ClockQuality.UNCERTAIN: 1,
    ClockQuality.CLAIMED: 2,
    ClockQuality.WRONG: 3,
    ClockQuality.CORRECTED: 3,
    ClockQuality.TRUSTED: 4,
}
_WORD_NS = 1_000_000
"""Times travel in milliseconds: less than one there is not."""

_OWN_RANK = 2
"""From this rank on a batch is dated by itself."""


class BootMoment(msgspec.Struct, frozen=True, array_like=True):
    """A moment of a boot; ``wall_ns`` is ``None`` where the boot's dating has to say when."""

    boot_ns: int
    wall_ns: int | None = None


class MeasuredSpan(msgspec.Struct, frozen=True, array_like=True):
    """A stretch of measuring, from the first sign of life to the last."""

    begin: BootMoment
    end: BootMoment


class BatchRun(msgspec.Struct, frozen=True, array_like=True):
    """Consecutive batches of a stream that have arrived, and when the last was sealed."""

    first: int
    last: int
    end: BootMoment


class DatedVerdict(msgspec.Struct, frozen=True, array_like=True):
    """
    The verdict on one subject from one moment on. ``decided_ns`` (CLOCK_BOOTTIME) orders them.
    """

    decided_ns: int
    onset: BootMoment
    source: BatchRef
    state: State
    segment: Segment | None
    symptom: Symptom
    error_s: float | None


class BootDating(msgspec.Struct, frozen=True, array_like=True):
    """
    How a boot's undated moments become wall time: by the best of its batches, the first of those.
    """

    rank: int
    sealed_ns: int
    epoch_ns: int
    error_s: float | None

    def is_better_than(self, other: "BootDating") -> bool:
        """Return whether this one is to be used."""
        return self.order > other.order

    @property
    def order(self) -> tuple[int, int, int]:
        """What orders datings, the best last."""
        # Of those moved to end when they came in, only the earliest leaves none in the future.
        if self.rank == 0:
            return 0, -self.epoch_ns, 0
        return self.rank, -self.sealed_ns, -self.epoch_ns


class BootRecord(msgspec.Struct, kw_only=True):
    """
    One boot. It is made with its first batch, and never without a stretch of measuring.

    ``verdicts`` are by link and service (see ``subject_key``), in the order of their decisions.
    ``runs`` are by stream; ``heads`` is where each stream begins, as far as is known.
    """

    dating: BootDating
    spans: tuple[MeasuredSpan, ...] = ()
    starts: list[BootMoment] = []
    verdicts: dict[str, list[DatedVerdict]] = {}
    runs: dict[str, tuple[BatchRun, ...]] = {}

    def wall_ns(self, moment: BootMoment) -> int:
        """Return when a moment was, Unix time."""
        if moment.wall_ns is not None:
            return moment.wall_ns
        return self.dating.epoch_ns + moment.boot_ns

    def has_batch(self, piece: BatchSummary) -> bool:
        """Return whether a piece is in already."""
        runs = self.runs.get(piece.stream, ())
        return any(run.first <= piece.number <= run.last for run in runs)

    @property
    def last_sign_ns(self) -> int:
        """The latest sign of life, Unix time."""
        return self.wall_ns(self.spans[-1].end)

    def extends_quietly(self, piece: BatchSummary) -> bool:
        """
        Return whether a piece only carries the newest stretch on: no news in it, nothing missing.
        """
        runs = self.runs.get(piece.stream)
        return (
            not (piece.changes or piece.starts)
            and runs is not None
            and runs[-1].last + 1 == piece.number
            and len(piece.spans) == 1
            and self.spans[-1].end.boot_ns <= piece.spans[0][1]
            and piece.spans[0][0] - self.spans[-1].end.boot_ns <= JOINED_NS
            and not dating_of(piece).is_better_than(self.dating)
        )

    def add(self, piece: BatchSummary) -> None:
        """Take a piece that is not in yet."""
        dating = dating_of(piece)
        if dating.is_better_than(self.dating):
            self.dating = dating
        for first_ns, last_ns in piece.spans:
            self._cover(MeasuredSpan(moment_of(piece, first_ns), moment_of(piece, last_ns)))
        for change in piece.changes:
            # A device's last word is heard, however short before its silence it was.
            at_ns = change.decided_boottime_ns
            self._cover(MeasuredSpan(moment_of(piece, at_ns), moment_of(piece, at_ns + _WORD_NS)))
        for start_ns in piece.starts:
            insort(self.starts, moment_of(piece, start_ns), key=_boot_ns_of)
        source = BatchRef(piece.stream, piece.number, piece.digest)
        for change in piece.changes:
            verdict = change.verdict
            turn = DatedVerdict(
                change.decided_boottime_ns,
                moment_of(piece, change.onset_boottime_ns),
                source,
                verdict.state,
                verdict.segment,
                verdict.symptom,
                dating.error_s,
            )
            key = subject_key(verdict.link, verdict.service)
            insort(self.verdicts.setdefault(key, []), turn, key=_decision_order)
        end = moment_of(piece, piece.sealed_ns)
        run = BatchRun(piece.number, piece.number, end)
        self.runs[piece.stream] = _merged_runs(self.runs.get(piece.stream, ()), run)

    def gaps_begin(self) -> list[BootMoment]:
        """
        Return the moments from which on batches are missing, in order.

        A stream that does not begin with its first batch is in doubt from where the one before it
        ends, or from the boot on.
        """
        found: list[BootMoment] = []
        ends = [run.end for runs in self.runs.values() for run in runs]
        for runs in self.runs.values():
            found.extend(run.end for run in runs[:-1])
            if runs[0].first > 1:
                first_ns = runs[0].end.boot_ns
                found.append(
                    max(
                        (end for end in ends if end.boot_ns < first_ns),
                        key=_boot_ns_of,
                        default=BootMoment(0),
                    )
                )
        return sorted(found, key=_boot_ns_of)

    def trim_before(self, wall_ns: int) -> None:
        """Drop what was over before a moment; what stood then stays."""
        recent = tuple(span for span in self.spans if self.wall_ns(span.end) >= wall_ns)
        self.spans = recent or self.spans[-1:]
        for turns in self.verdicts.values():
            while len(turns) > 1 and self.wall_ns(turns[1].onset) < wall_ns:
                del turns[0]
        while len(self.starts) > 1 and self.wall_ns(self.starts[1]) < wall_ns:
            del self.starts[0]

    def _cover(self, span: MeasuredSpan) -> None:
        last = self.spans[-1] if self.spans else None
        if (
            last is not None
            and last.begin.boot_ns <= span.begin.boot_ns <= last.end.boot_ns + JOINED_NS
        ):
            end = max(last.end, span.end, key=_moment_order)
            self.spans = (*self.spans[:-1], MeasuredSpan(last.begin, end))
            return
        found: list[MeasuredSpan] = []
        for one in sorted((*self.spans, span), key=lambda one: _moment_order(one.begin)):
            if found and one.begin.boot_ns - found[-1].end.boot_ns <= JOINED_NS:
                end = max(found[-1].end, one.end, key=_moment_order)
                found[-1] = MeasuredSpan(min(found[-1].begin, one.begin, key=_moment_order), end)
            else:
                found.append(one)
        self.spans = tuple(found)


def subject_key(link: str, service: str) -> str:
    """Return the key of a subject inside a site; a line feed stands in no name."""
    return f"{link}\n{service}"


def dating_of(piece: BatchSummary) -> BootDating:
    """Return how a piece would date its boot."""
    rank = _RANKS[piece.quality]
    error_s: float | None = None
    if piece.quality in {ClockQuality.TRUSTED, ClockQuality.CLAIMED}:
        error_s = piece.clock_error_s
    elif rank > _OWN_RANK:
        error_s = TRAVEL_ERROR_S
    return BootDating(rank, piece.sealed_ns, piece.epoch_ns, error_s)


def moment_of(piece: BatchSummary, boot_ns: int) -> BootMoment:
    """Return a moment of a piece, dated where its clock can be believed."""
    is_dated = _RANKS[piece.quality] >= _OWN_RANK
    return BootMoment(boot_ns, piece.epoch_ns + boot_ns if is_dated else None)


def _boot_ns_of(moment: BootMoment) -> int:
    return moment.boot_ns


def _moment_order(moment: BootMoment) -> tuple[int, int]:
    return moment.boot_ns, -1 if moment.wall_ns is None else moment.wall_ns


def _decision_order(turn: DatedVerdict) -> tuple[int, int, str, int, str, str]:
    source = turn.source
    return (
        turn.decided_ns,
        source.number,
        source.stream,
        turn.onset.boot_ns,
        turn.state,
        turn.symptom,
    )


def _merged_runs(runs: tuple[BatchRun, ...], run: BatchRun) -> tuple[BatchRun, ...]:
    """Return runs with one more batch in them."""
    if runs and runs[-1].last + 1 == run.first:
        return (*runs[:-1], BatchRun(runs[-1].first, run.last, run.end))
    found: list[BatchRun] = []
    for one in sorted((*runs, run), key=lambda one: one.first):
        if found and one.first == found[-1].last + 1:
            found[-1] = BatchRun(found[-1].first, one.last, one.end)
        else:
            found.append(one)
    return tuple(found)
