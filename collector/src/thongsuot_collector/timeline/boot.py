"""
BootRecord: the record of one boot of a site's device, independent of the order in which its batches
arrived.

Inside a boot everything is ordered by CLOCK_BOOTTIME, which never steps; the wall clock only dates
it. A batch from an unsynchronised clock gets the dating of the best batch of its boot, and so does
a batch whose own dating contradicts it: the boot's clock did not jump.

Every list is sorted, so that adding a batch and querying a moment cost O(log n).
"""

from bisect import bisect_left, bisect_right, insort

import msgspec

from thongsuot_collector.timeline.batch_summary import JOINED_NS, BatchSummary
from thongsuot_collector.timeline.dating import (
    BootDating,
    agreeing_ns,
    dates_itself,
    dating_of,
    is_agreeing,
    latest_epoch_ns,
)
from thongsuot_collector.timeline.interval import BatchRef
from thongsuot_schema.segment import Segment
from thongsuot_schema.state import State
from thongsuot_schema.verdict import Symptom

_WORD_NS = 1_000_000
"""The resolution of transmitted times: one millisecond."""


class BootMoment(msgspec.Struct, frozen=True, array_like=True):
    """A moment of a boot; ``wall_ns`` is ``None`` if it depends on the boot's dating."""

    boot_ns: int
    wall_ns: int | None = None


class MeasuredSpan(msgspec.Struct, frozen=True, array_like=True):
    """A span of measurement, from the first sign of life to the last."""

    begin: BootMoment
    end: BootMoment


class BatchRun(msgspec.Struct, frozen=True, array_like=True):
    """Consecutive batches of a stream that have arrived, and the time when the last was sealed."""

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

    @property
    def decided(self) -> BootMoment:
        """The moment of the decision, dated like its onset."""
        onset = self.onset
        if onset.wall_ns is None:
            return BootMoment(self.decided_ns)
        return BootMoment(self.decided_ns, onset.wall_ns + self.decided_ns - onset.boot_ns)


class BootRecord(msgspec.Struct, kw_only=True):
    """
    One boot. It is created with its first batch, and always has a span of measurement.

    ``verdicts`` are by link and service (see ``subject_key``), in the order of their decisions.
    ``batch_runs`` are by stream, and the three lists after them index their ends over all streams:
    all of them, those after which a number is missing, and those of first runs that do not begin
    with their stream's first batch. ``latest_epoch_ns`` is the latest dating with which none of its
    batches contains events after its own receipt; ``None``: unknown.
    """

    dating: BootDating
    latest_epoch_ns: int | None = None
    spans: list[MeasuredSpan] = []
    starts: list[BootMoment] = []
    verdicts: dict[str, list[DatedVerdict]] = {}
    batch_runs: dict[str, list[BatchRun]] = {}
    run_ends: list[BootMoment] = []
    broken_ends: list[BootMoment] = []
    headless_ends: list[BootMoment] = []

    def wall_ns(self, moment: BootMoment) -> int:
        """Return the wall time of a moment, Unix time."""
        by_boot_ns = self.dating.epoch_ns + moment.boot_ns
        if moment.wall_ns is None:
            return by_boot_ns
        # A temporarily wrong wall clock must not move its batches out of their boot: they would
        # hide later measurements, or be hidden by earlier ones.
        apart_ns = moment.boot_ns - self.dating.sealed_ns
        is_credible = is_agreeing(moment.wall_ns, by_boot_ns, apart_ns)
        return moment.wall_ns if is_credible else by_boot_ns

    def slack_ns(self, boot_ns: int) -> int:
        """Return the tolerance between a moment's own dating and the boot's."""
        return agreeing_ns(boot_ns - self.dating.sealed_ns)

    def has_batch(self, summary: BatchSummary) -> bool:
        """Return whether a summary was added already."""
        runs = self.batch_runs.get(summary.stream)
        if not runs or summary.number > runs[-1].last:
            return False
        at = bisect_right(runs, summary.number, key=_first_number) - 1
        return at >= 0 and summary.number <= runs[at].last

    @property
    def first_sign_ns(self) -> int:
        """The first sign of life, Unix time."""
        return self.wall_ns(self.spans[0].begin)

    @property
    def last_sign_ns(self) -> int:
        """The latest sign of life, Unix time."""
        return self.wall_ns(self.spans[-1].end)

    @property
    def verdict_count(self) -> int:
        """The number of stored verdicts."""
        return sum(map(len, self.verdicts.values()))

    def is_extended_by(self, summary: BatchSummary) -> bool:
        """
        Return whether a summary only extends the newest span, with nothing missing: then it only
        affects the subjects of its verdicts.
        """
        runs = self.batch_runs.get(summary.stream)
        return (
            not summary.starts
            and runs is not None
            and runs[-1].last + 1 == summary.number
            and len(summary.spans) == 1
            and self.spans[-1].end.boot_ns <= summary.spans[0][1]
            and summary.spans[0][0] - self.spans[-1].end.boot_ns <= JOINED_NS
            and not self.is_redated_by(summary)
            # The end of its run moves on; no gap of another stream is dated by it.
            and not self._ends_before_a_gap(runs[-1].end, summary.sealed_ns)
        )

    def is_redated_by(self, summary: BatchSummary) -> bool:
        """Return whether a summary changes the boot's dating."""
        if self.dating.certainly_stays(summary, self.latest_epoch_ns):
            return False
        return self._dating_with(summary)[0] != self.dating

    def extend(self, summary: BatchSummary) -> None:
        """
        Add a summary that extends the newest span (``is_extended_by``) and has no verdicts: like
        ``add``, without searching for the place.
        """
        first_ns, last_ns = summary.spans[0]
        newest, end = self.spans[-1], moment_of(summary, summary.sealed_ns)
        runs = self.batch_runs[summary.stream]
        run = runs[-1]
        is_plain = (
            # It only extends the newest span, and moves the end of a run that is the last entry of
            # one index.
            newest.begin.boot_ns < first_ns
            and newest.end.boot_ns < last_ns
            and (len(runs) > 1 or run.first == 1)
            and self.run_ends[-1] == run.end
            and run.end.boot_ns < end.boot_ns
        )
        if not is_plain:
            self.add(summary)
            return
        self.spans[-1] = MeasuredSpan(newest.begin, moment_of(summary, last_ns))
        runs[-1] = BatchRun(run.first, summary.number, end)
        self.run_ends[-1] = end

    def add(self, summary: BatchSummary) -> None:
        """Add a summary that was not added yet."""
        self.dating, self.latest_epoch_ns = self._dating_with(summary)
        error_s = dating_of(summary).error_s
        for first_ns, last_ns in summary.spans:
            self._cover(MeasuredSpan(moment_of(summary, first_ns), moment_of(summary, last_ns)))
        for change in summary.changes:
            # A device's last sign of life counts, no matter how short before its silence.
            at_ns = change.decided_boottime_ns
            self._cover(
                MeasuredSpan(moment_of(summary, at_ns), moment_of(summary, at_ns + _WORD_NS))
            )
        for start_ns in summary.starts:
            insort(self.starts, moment_of(summary, start_ns), key=_boot_ns_of)
        source = BatchRef(summary.stream, summary.number, summary.digest)
        for change in summary.changes:
            verdict = change.verdict
            dated = DatedVerdict(
                change.decided_boottime_ns,
                moment_of(summary, change.onset_boottime_ns),
                source,
                verdict.state,
                verdict.segment,
                verdict.symptom,
                error_s,
            )
            key = subject_key(verdict.link, verdict.service)
            insort(self.verdicts.setdefault(key, []), dated, key=_decision_order)
        self._add_run(summary.stream, summary.number, moment_of(summary, summary.sealed_ns))

    def moments_touched_by(self, summary: BatchSummary) -> list[int]:
        """
        Return the moments (CLOCK_BOOTTIME) around which a new summary may change something: its
        own, and those from which on batches are missing; sorted.
        """
        moments = {at_ns for span in summary.spans for at_ns in span}
        moments.update(change.decided_boottime_ns for change in summary.changes)
        moments.update(change.decided_boottime_ns + _WORD_NS for change in summary.changes)
        moments.update(summary.starts)
        runs = self.batch_runs.get(summary.stream, [])
        at = bisect_right(runs, summary.number, key=_first_number)
        moments.add(summary.sealed_ns)
        moments.update(run.end.boot_ns for run in runs[max(at - 1, 0) : at])
        # The begin of the uncertain time of a stream without its first batch, with and without this
        # one.
        headless = [summary.sealed_ns, *(run.end.boot_ns for run in runs[:1])] if at == 0 else []
        if summary.number == 1:
            del headless[:1]
        for end_ns in (summary.sealed_ns, *headless):
            place = bisect_left(self.run_ends, end_ns, key=_boot_ns_of)
            if place:
                moments.add(self.run_ends[place - 1].boot_ns)
            elif end_ns in headless:
                moments.add(0)
        return sorted(moments)

    def gap_from(self, boot_ns: int) -> BootMoment | None:
        """
        Return the first moment, at or after the given one, from which on batches are missing.

        A run that is not its stream's last is followed by missing batches. A stream without its
        first batch is uncertain from the end of the previous run of any stream, or from the boot
        on.
        """
        gaps: list[BootMoment] = []
        place = bisect_left(self.broken_ends, boot_ns, key=_boot_ns_of)
        if place < len(self.broken_ends):
            gaps.append(self.broken_ends[place])
        place = bisect_left(self.run_ends, boot_ns, key=_boot_ns_of)
        if place < len(self.run_ends):
            # The first run without its stream's first batch whose preceding end is not before the
            # moment.
            end_ns = self.run_ends[place].boot_ns
            later = bisect_right(self.headless_ends, end_ns, key=_boot_ns_of)
            if later < len(self.headless_ends):
                headless_ns = self.headless_ends[later].boot_ns
                before = bisect_left(self.run_ends, headless_ns, key=_boot_ns_of) - 1
                gaps.append(self.run_ends[before])
        if boot_ns <= 0 and self.headless_ends:
            first_ns = self.headless_ends[0].boot_ns
            if self.run_ends[0].boot_ns >= first_ns:
                gaps.append(BootMoment(0))
        return min(gaps, key=_moment_order, default=None)

    def has_gap_between(self, from_ns: int, until_ns: int) -> bool:
        """Return whether batches are missing from any moment between two (inclusive) on."""
        gap = self.gap_from(from_ns)
        return gap is not None and gap.boot_ns <= until_ns

    def trim_before(self, wall_ns: int) -> None:
        """Drop everything that ended before a moment; verdicts in force at it stay."""
        recent = [span for span in self.spans if self.wall_ns(span.end) >= wall_ns]
        self.spans = recent or self.spans[-1:]
        for verdicts in self.verdicts.values():
            over = 0
            while over < len(verdicts) - 1 and self.wall_ns(verdicts[over + 1].decided) < wall_ns:
                over += 1
            del verdicts[:over]
        over = 0
        while over < len(self.starts) - 1 and self.wall_ns(self.starts[over + 1]) < wall_ns:
            over += 1
        del self.starts[:over]

    def _dating_with(self, summary: BatchSummary) -> tuple[BootDating, int | None]:
        """Return the dating with a summary, and the latest possible one."""
        own = dating_of(summary)
        best = own if own.is_better_than(self.dating) else self.dating
        latest_ns, bound_ns = self.latest_epoch_ns, latest_epoch_ns(summary)
        if latest_ns is None or (bound_ns is not None and bound_ns < latest_ns):
            latest_ns = bound_ns
        return best.not_after(latest_ns), latest_ns

    def _cover(self, span: MeasuredSpan) -> None:
        """Add a span of measurement, merged with those at most ``JOINED_NS`` away."""
        first = bisect_left(self.spans, span.begin.boot_ns - JOINED_NS, key=_end_of)
        last = bisect_right(self.spans, span.end.boot_ns + JOINED_NS, key=_begin_of)
        if first < last:
            begin = min(self.spans[first].begin, span.begin, key=_moment_order)
            end = max(self.spans[last - 1].end, span.end, key=_moment_order)
            span = MeasuredSpan(begin, end)
        self.spans[first:last] = [span]

    def _add_run(self, stream: str, number: int, end: BootMoment) -> None:
        """Record the arrival of a batch of a stream, and update the indexes of run ends."""
        runs = self.batch_runs.setdefault(stream, [])
        at = bisect_right(runs, number, key=_first_number)
        lowest, highest = max(at - 1, 0), min(at + 1, len(runs))
        for place in range(lowest, highest):
            self._index(runs, place, is_adding=False)
        first, last, begin_at, end_at = number, number, at, at
        if at > 0 and runs[at - 1].last + 1 == number:
            first, begin_at = runs[at - 1].first, at - 1
        if at < len(runs) and runs[at].first == number + 1:
            last, end, end_at = runs[at].last, runs[at].end, at + 1
        before = len(runs)
        runs[begin_at:end_at] = [BatchRun(first, last, end)]
        for place in range(lowest, highest + len(runs) - before):
            self._index(runs, place, is_adding=True)

    def _index(self, runs: list[BatchRun], place: int, *, is_adding: bool) -> None:
        """Add the end of a run to its indexes, or remove it from them."""
        run = runs[place]
        indexes = [self.run_ends]
        if place < len(runs) - 1:
            indexes.append(self.broken_ends)
        if place == 0 and run.first > 1:
            indexes.append(self.headless_ends)
        for index in indexes:
            at = bisect_left(index, _moment_order(run.end), key=_moment_order)
            if is_adding:
                index.insert(at, run.end)
            else:
                del index[at]

    def _ends_before_a_gap(self, end: BootMoment, until_ns: int) -> bool:
        """Return whether a stream without its first batch is uncertain from an end on."""
        if not self.headless_ends:
            return False
        later = bisect_right(self.headless_ends, end.boot_ns, key=_boot_ns_of)
        if later == len(self.headless_ends):
            return False
        headless_ns = self.headless_ends[later].boot_ns
        before = bisect_left(self.run_ends, headless_ns, key=_boot_ns_of) - 1
        return self.run_ends[before].boot_ns <= until_ns


def subject_key(link: str, service: str) -> str:
    """Return the key of a subject inside a site; no name contains a line feed."""
    return f"{link}\n{service}"


def moment_of(summary: BatchSummary, boot_ns: int) -> BootMoment:
    """Return a moment of a summary, dated if its clock is trusted."""
    return BootMoment(boot_ns, summary.epoch_ns + boot_ns if dates_itself(summary) else None)


def _boot_ns_of(moment: BootMoment) -> int:
    return moment.boot_ns


def _moment_order(moment: BootMoment) -> tuple[int, int]:
    return moment.boot_ns, -1 if moment.wall_ns is None else moment.wall_ns


def _decision_order(verdict: DatedVerdict) -> tuple[int, int, str, int, str, str]:
    source = verdict.source
    return (
        verdict.decided_ns,
        source.number,
        source.stream,
        verdict.onset.boot_ns,
        verdict.state,
        verdict.symptom,
    )


def _first_number(run: BatchRun) -> int:
    return run.first


def _begin_of(span: MeasuredSpan) -> int:
    return span.begin.boot_ns


def _end_of(span: MeasuredSpan) -> int:
    return span.end.boot_ns
