"""
Observations: what each probe of a link has seen lately, each with its second; the proof of a fault.

A verdict travels once, with what it rested on then. What a party is told minutes later must be of
the same fault and of now: when the target answered last, when it first did not, and how often it
did in the last minute. Kept per site from the results themselves. Pure.
"""

from typing import NamedTuple

import msgspec

from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.batch.columns import Columns, SeriesRows
from thongsuot_schema.outcome import Outcome
from thongsuot_schema.result import Family

WINDOW_S = 60.0
"""So far back results are counted: a dozen of the slowest probe of an ordinary link."""

_NS_PER_MS = 1_000_000


class Observation(msgspec.Struct, frozen=True, kw_only=True):
    """
    What one probe of a link has seen. Times are Unix time.

    ``last_good_ns`` is when it last was answered, ``first_bad_ns`` when it first was not after
    that; ``None`` where that was not seen. ``good`` of ``total`` runs in the ``WINDOW_S`` before
    ``newest_ns`` were answered, counted since something failed; what was not measured is not
    counted.
    """

    kind: str
    target: str
    family: Family
    last_good_ns: int | None
    first_bad_ns: int | None
    newest_ns: int
    good: int
    total: int


class _ProbeKey(NamedTuple):
    link: str
    kind: str
    target: str
    family: Family


class _Course:
    """The latest runs of one probe."""

    __slots__ = ("first_bad_ms", "last_good_ms", "newest_ms", "recent")

    def __init__(self) -> None:
        self.last_good_ms: int | None = None
        self.first_bad_ms: int | None = None
        self.newest_ms = 0
        self.recent: list[tuple[int, bool]] = []

    def add(self, at_ms: int, *, is_good: bool) -> None:
        """Take one run, later than all before it."""
        self.newest_ms = at_ms
        if is_good:
            self.last_good_ms, self.first_bad_ms = at_ms, None
        elif self.first_bad_ms is None:
            self.first_bad_ms = at_ms
        self.recent.append((at_ms, is_good))
        over = 0
        while self.recent[over][0] < at_ms - WINDOW_S * 1_000:
            over += 1
        del self.recent[:over]

    def add_good(self, last_ms: int) -> None:
        """Take runs that were all answered, the last of which is named; they are not counted."""
        self.newest_ms = self.last_good_ms = last_ms
        self.first_bad_ms = None


class SiteObservations:
    """What the probes of one site have seen lately."""

    def __init__(self) -> None:
        self._courses: dict[_ProbeKey, _Course] = {}

    def take(self, columns: Columns, epoch_ns: int) -> None:
        """Take the results of a batch; what is older than what is known already is left out."""
        offset_ms = epoch_ns // _NS_PER_MS
        for block in columns.blocks:
            for rows in columns.series_of(block):
                series = columns.layout.layout.series[rows.position]
                if series.link and series.target:
                    key = _ProbeKey(series.link, block.block.kind, series.target, series.family)
                    self._take_series(key, columns, rows, offset_ms)

    def of_link(self, subject: Subject) -> tuple[Observation, ...]:
        """Return what is known of a link, those that fail first; nothing of anything else."""
        if not subject.is_link:
            return ()
        observations = [
            Observation(
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

    def _take_series(
        self, key: _ProbeKey, columns: Columns, rows: SeriesRows, offset_ms: int
    ) -> None:
        course = self._courses.get(key)
        if course is None:
            course = self._courses[key] = _Course()
        times_ms, not_ok = columns.times_ms, columns.not_ok
        last_ms = offset_ms + times_ms[rows.last_row - 1]
        if last_ms <= course.newest_ms:
            return
        if not course.recent and not not_ok:
            # Nearly always: nothing fails, and nothing did lately.
            course.add_good(last_ms)
            return
        for row in range(rows.first_row, rows.last_row):
            at_ms = offset_ms + times_ms[row]
            remark = not_ok.get(row)
            is_measured = remark is None or remark.outcome is not Outcome.UNMEASURED
            if at_ms > course.newest_ms and is_measured:
                course.add(at_ms, is_good=remark is None)
        if course.recent and all(is_good for _, is_good in course.recent):
            course.recent.clear()


def _ns(at_ms: int | None) -> int | None:
    return None if at_ms is None else at_ms * _NS_PER_MS


def _failing_first(observation: Observation) -> tuple[bool, str, str, str]:
    is_good = observation.good == observation.total
    return is_good, observation.kind, observation.target, str(observation.family)
