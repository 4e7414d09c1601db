"""
Observations: the recent results of each probe of a link, with their times; the proof of a fault.

A verdict is sent once, with its evidence at that time. A notification minutes later needs present
data about the same fault: the target's last answer, its first failure after that, and its success
count in the last minute. Maintained per site from the results themselves. Pure.
"""

from array import array
from itertools import accumulate
from typing import NamedTuple

import msgspec

from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.batch.columns import Columns
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Family

WINDOW_S = 60.0
"""The period of counted results: a dozen of the slowest probe of an ordinary link."""

_NOTED_RUNS = 1_000
"""A batch with more runs is merged at once, so that its times are not kept; usual are 120."""

_NS_PER_MS = 1_000_000


class ProbeObservation(msgspec.Struct, frozen=True, kw_only=True):
    """
    The observations of one probe of a link. Times are Unix time.

    ``last_good_ns`` is its last answered run, ``first_bad_ns`` the first unanswered one after that;
    ``None`` if there was none. ``good`` of ``total`` runs in the ``WINDOW_S`` before ``newest_ns``
    were answered, counted since the first failure; unmeasured runs are not counted.
    """

    kind: str
    target: str
    family: Family
    last_good_ns: int | None
    first_bad_ns: int | None
    newest_ns: int
    good: int
    total: int


class ProbeName(NamedTuple):
    """What a probe measures, over whichever link."""

    kind: str
    target: str
    family: Family


class _ProbeKey(NamedTuple):
    link: str
    kind: str
    target: str
    family: Family


class _ProbeHistory:
    """The latest runs of one probe."""

    __slots__ = ("first_bad_ms", "last_bad_ms", "last_good_ms", "newest_ms", "recent")

    def __init__(self) -> None:
        self.last_good_ms: int | None = None
        self.first_bad_ms: int | None = None
        self.last_bad_ms: int | None = None
        self.newest_ms = 0
        self.recent: list[tuple[int, bool]] = []

    def add(self, at_ms: int, *, is_good: bool) -> None:
        """Add one run, later than all before it."""
        self.newest_ms = at_ms
        if is_good:
            self.last_good_ms, self.first_bad_ms = at_ms, None
        else:
            self.last_bad_ms = at_ms
            if self.first_bad_ms is None:
                self.first_bad_ms = at_ms
        self.recent.append((at_ms, is_good))
        over = 0
        while self.recent[over][0] < at_ms - WINDOW_S * 1_000:
            over += 1
        del self.recent[:over]


class _GoodRuns(NamedTuple):
    """A batch in which every run of every series was good: the time of each run, unprocessed."""

    offset_ms: int
    """The wall time of boottime 0."""
    times_ms: "array[int]"
    counts: list[int]
    latest_ms: int
    """The wall time of the latest run."""


class SiteObservations:
    """
    The recent observations of a site's probes.

    A batch without failures is only noted (``_good``), and merged into the history on a query, a
    failure or a batch that does not replace it: most sites have no fault, and there are 667 pushes
    a second.
    """

    def __init__(self) -> None:
        self._courses: dict[_ProbeKey, _ProbeHistory] = {}
        self._layout = b""
        self._by_position: list[_ProbeHistory | None] = []
        self._failing: set[_ProbeKey] = set()
        self._good: _GoodRuns | None = None

    def ingest_batch(self, columns: Columns, *, epoch_ns: int, layout: bytes) -> None:
        """
        Add the results of a batch; results older than the known ones are ignored.

        ``layout`` is the name of the layout that the batch refers to.
        """
        if layout != self._layout:
            self._work_in()
            self._by_position = self._positions(columns)
            self._layout = layout
        offset_ms = epoch_ns // _NS_PER_MS
        if columns.not_ok or self._failing:
            self._work_in()
            self._take_each(columns, offset_ms)
            return
        # Nearly always: there is no present or recent failure.
        earliest_ms, latest_ms, counts = columns.earliest_ms, columns.latest_ms, columns.counts
        if earliest_ms is None or latest_ms is None:
            return
        before = self._good
        if before is not None and (
            offset_ms + earliest_ms <= before.latest_ms
            or len(counts) < len(self._by_position)
            or 0 in counts
        ):
            # Some series have their latest run in the batch before.
            self._work_in()
        # Blocks follow each other without a gap, as their series do.
        self._good = _GoodRuns(offset_ms, columns.times_ms, counts, offset_ms + latest_ms)
        if len(columns.times_ms) > _NOTED_RUNS:
            self._work_in()

    def _work_in(self) -> None:
        """Merge the last run of each series of the noted batch into its history."""
        if self._good is None:
            return
        offset_ms, times_ms, counts, _ = self._good
        self._good = None
        runs = zip(self._by_position, counts, accumulate(counts), strict=False)
        for course, count, end in runs:
            if course is None or not count:
                continue
            at_ms = offset_ms + times_ms[end - 1]
            if at_ms > course.newest_ms:
                course.newest_ms = course.last_good_ms = at_ms

    def of_link(self, subject: Subject) -> tuple[ProbeObservation, ...]:
        """Return the observations of a link, failing ones first; nothing for other subjects."""
        if not subject.is_link:
            return ()
        self._work_in()
        observations = [
            ProbeObservation(
                kind=key.kind,
                target=key.target,
                family=key.family,
                last_good_ns=_ns(course.last_good_ms),
                first_bad_ns=_ns(course.first_bad_ms),
                newest_ns=course.newest_ms * _NS_PER_MS,
                good=sum(is_good for _, is_good in course.recent),
                total=len(course.recent),
            )
            for key, course in self._courses.items()
            if key.link == subject.link and course.recent
        ]
        return tuple(sorted(observations, key=_failing_first))

    def failures_of(self, subject: Subject) -> dict[ProbeName, int]:
        """
        Return when each probe of a link, or of a service, failed last (Unix time); nothing for
        those that never did since this process began.
        """
        failures: dict[ProbeName, int] = {}
        for key, course in self._courses.items():
            is_own = subject.link in {"", key.link} and subject.service in {"", key.target}
            if is_own and course.last_bad_ms is not None:
                name = ProbeName(key.kind, key.target, key.family)
                at_ns = course.last_bad_ms * _NS_PER_MS
                failures[name] = max(at_ns, failures.get(name, 0))
        return failures

    def _positions(self, columns: Columns) -> list[_ProbeHistory | None]:
        """Return the history of each series of a layout; ``None`` if it is of no link's target."""
        courses: list[_ProbeHistory | None] = []
        for series in columns.layout.layout.series:
            course = None
            if series.link and series.target:
                key = _ProbeKey(series.link, series.kind, series.target, series.family)
                course = self._courses.setdefault(key, _ProbeHistory())
            courses.append(course)
        return courses

    def _take_each(self, columns: Columns, offset_ms: int) -> None:
        """Add a batch run by run, because of a failure in it or within the last minute."""
        not_ok, times_ms = columns.not_ok, columns.times_ms
        for block in columns.blocks:
            for rows in columns.series_of(block):
                series = columns.layout.layout.series[rows.position]
                course = self._by_position[rows.position]
                if course is None:
                    continue
                for row in range(rows.first_row, rows.last_row):
                    at_ms = offset_ms + times_ms[row]
                    remark = not_ok.get(row)
                    is_measured = remark is None or remark.outcome is not Outcome.UNMEASURED
                    if at_ms > course.newest_ms and is_measured:
                        course.add(at_ms, is_good=remark is None)
                key = _ProbeKey(series.link, series.kind, series.target, series.family)
                if all(is_good for _, is_good in course.recent):
                    course.recent.clear()
                    self._failing.discard(key)
                else:
                    self._failing.add(key)


def _ns(at_ms: int | None) -> int | None:
    return None if at_ms is None else at_ms * _NS_PER_MS


def _failing_first(observation: ProbeObservation) -> tuple[bool, str, str, str]:
    is_good = observation.good == observation.total
    return is_good, observation.kind, observation.target, str(observation.family)
