"""
SiteTimeline: the history of one site, built from batches in any order, repeated or late.

``apply`` and ``tick`` return the changes, for a table of intervals. The same batches at the same
present time give the same intervals, in any order.

Applying a batch only reads its neighbourhood, before and after: its cost does not depend on the
length of the record (``tests/collector/timeline/test_cost.py`` counts the steps). Only a batch that
redates its whole boot requires reading everything.
"""

from collections.abc import Iterable

import msgspec

from thongsuot_collector.timeline.batch_summary import BatchSummary
from thongsuot_collector.timeline.boot import BootRecord, subject_key
from thongsuot_collector.timeline.coverage import TimeRange
from thongsuot_collector.timeline.dating import dating_of
from thongsuot_collector.timeline.interval import (
    BatchRef,
    Interval,
    Rewrite,
    VerdictKey,
    difference,
    part_around,
)
from thongsuot_collector.timeline.neighbourhood import EVERYTHING, range_around
from thongsuot_collector.timeline.settings import NS_PER_S, TimelineSettings, ns
from thongsuot_collector.timeline.states import intervals_of
from thongsuot_collector.timeline.subject import Subject
from thongsuot_schema.batch.push import LONGEST_WAIT_S
from thongsuot_schema.verdict import Evidence

VERDICTS_KEPT = 4_000
"""Verdicts kept for a site, 400 KB: a hundred a day for 35 days. The oldest are dropped first."""

SPANS_KEPT = 4_000
"""Spans of measurement kept for a site; only an agent that crashes every ten minutes has more."""

STARTS_KEPT = 4_000
"""Starts of the agent kept for a site: a hundred a day for 35 days."""

BOOTS_KEPT = 500
"""Boots kept for a site: fourteen a day for 35 days. Each batch reads all of them."""

_RECEIVED_AT_ONCE_NS = 60 * 10**9
"""Concurrent pushes may be stored out of order by up to the maximum transfer time of a body."""

_Evidence = dict[VerdictKey, tuple[Evidence, ...]]

_NEIGHBOURS = 8
"""Stretches and verdicts to either side that are read first; the number is doubled if necessary."""


class CollectorClock(msgspec.Struct, frozen=True, kw_only=True):
    """
    The present, and the time since which silence is meaningful; both Unix time by the collector's
    own clock.

    ``now_ns`` is the time up to which all pushes have been applied: a lagging consumer must not
    mistake its own lag for the agents' silence. ``listening_since_ns`` is the time since which the
    collector has been listening without interruption: before, no agent could report.
    """

    now_ns: int
    listening_since_ns: int


class SiteTimeline(msgspec.Struct, kw_only=True):
    """
    The history of one site. ``boots`` are by the kernel's boot id.

    ``floor_ns``: earlier intervals are not rewritten any more. ``received_ns``: the arrival of the
    newest batch, by the collector's clock.
    """

    site: str
    boots: dict[str, BootRecord] = {}
    is_silent: bool = False
    last_sign_ns: int = 0
    floor_ns: int = 0
    received_ns: int = 0

    def apply(
        self, summary: BatchSummary, clock: CollectorClock, settings: TimelineSettings
    ) -> tuple[Rewrite, ...]:
        """
        Apply one batch; return its changes, by subject.

        A batch that was applied already changes nothing.
        """
        boot = self.boots.get(summary.boot_id)
        if boot is not None and boot.has_batch(summary):
            return ()
        summary = self._as_received(summary)
        is_continued = boot is not None and self._is_continued_by(boot, summary)
        if boot is not None and is_continued and not summary.changes:
            boot.extend(summary)
            self.last_sign_ns = max(self.last_sign_ns, boot.last_sign_ns)
            return ()
        self._raise_floor(clock, settings)
        region = self._region_of(summary, clock, settings)
        evidence = _evidence_by_subject(summary)
        # On a site with many subjects only those of the batch cost time.
        known = self._known_among(evidence) if is_continued else self._keys()
        ranges = {key: range_around(self.boots, key, region, _NEIGHBOURS) for key in known}
        before = {key: self._intervals_in(key, within) for key, within in ranges.items()}
        if boot is None:
            boot = self.boots[summary.boot_id] = BootRecord(dating=dating_of(summary))
        boot.add(summary)
        self.last_sign_ns = max(record.last_sign_ns for record in self.boots.values())
        self.is_silent = self._is_silent_at(clock, settings)
        rewrites = (
            self._rewrite(
                key,
                before.get(key, ()),
                ranges.get(key, EVERYTHING),
                settings,
                {} if key is None else evidence.get(key, {}),
            )
            for key in (sorted(evidence) if is_continued else self._keys())
        )
        return tuple(rewrite for rewrite in rewrites if rewrite is not None)

    def tick(self, clock: CollectorClock, settings: TimelineSettings) -> tuple[Rewrite, ...]:
        """Advance the time; return the resulting changes: an agent that has become silent."""
        is_silent = self._is_silent_at(clock, settings)
        if is_silent is self.is_silent:
            return ()
        region = TimeRange(self.last_sign_ns, None)
        ranges = {key: range_around(self.boots, key, region, _NEIGHBOURS) for key in self._keys()}
        before = {key: self._intervals_in(key, within) for key, within in ranges.items()}
        self.is_silent = is_silent
        rewrites = (
            self._rewrite(key, before[key], within, settings, {}) for key, within in ranges.items()
        )
        return tuple(rewrite for rewrite in rewrites if rewrite is not None)

    def current(self) -> dict[Subject, Interval]:
        """Return the current interval of every subject."""
        end = TimeRange(self.last_sign_ns, None)
        return {self._subject(key): self._intervals_in(key, end)[-1] for key in self._keys()}

    def _rewrite(
        self,
        key: str | None,
        before: tuple[Interval, ...],
        within: TimeRange,
        settings: TimelineSettings,
        evidence: _Evidence,
    ) -> Rewrite | None:
        """Return the rewrite of a subject's previous intervals to the present ones."""
        after = self._intervals_in(key, within)
        changed = difference(before, after)
        if changed is None:
            return None
        reach = _NEIGHBOURS
        while True:
            part = part_around(
                after,
                changed,
                calm_ns=ns(settings.calm_s),
                known_from_ns=0 if within.from_ns <= self.floor_ns else within.from_ns,
                known_until_ns=within.until_ns,
            )
            if part is not None:
                break
            # The calm intervals around the change are further away.
            reach *= 2
            region = TimeRange(changed.from_ns, changed.until_ns)
            within = range_around(self.boots, key, region, reach)
            after = self._intervals_in(key, within)
        intervals = part.intervals
        is_last = not intervals or intervals[-1].end_ns is None
        return Rewrite(
            subject=self._subject(key),
            from_ns=min([changed.from_ns, *(interval.start_ns for interval in intervals[:1])]),
            until_ns=None if is_last else intervals[-1].end_ns,
            intervals=intervals,
            evidence=evidence,
            is_cut_before=part.is_cut_before,
            is_cut_after=part.is_cut_after,
        )

    def _intervals_in(self, key: str | None, within: TimeRange) -> tuple[Interval, ...]:
        return intervals_of(
            self.boots.values(),
            key,
            None if within is EVERYTHING else within,
            is_silent=self.is_silent,
            floor_ns=self.floor_ns,
        )

    def _keys(self) -> list[str | None]:
        """Return the keys of all subjects, the device's (``None``) first."""
        keys = {key for boot in self.boots.values() for key in boot.verdicts}
        return [None, *sorted(keys)] if self.boots else []

    def _known_among(self, keys: Iterable[str]) -> list[str]:
        """Return the keys of links and services that have a verdict already."""
        boots = self.boots.values()
        return [key for key in keys if any(key in boot.verdicts for boot in boots)]

    def _subject(self, key: str | None) -> Subject:
        if key is None:
            return Subject(self.site)
        link, _, service = key.partition("\n")
        return Subject(self.site, link, service)

    def _region_of(
        self, summary: BatchSummary, clock: CollectorClock, settings: TimelineSettings
    ) -> TimeRange:
        """Return the time in which a new batch may change something."""
        boot = self.boots.get(summary.boot_id)
        if boot is None:
            boot = BootRecord(dating=dating_of(summary))
        elif boot.is_redated_by(summary):
            return EVERYTHING
        moments_ns = boot.moments_touched_by(summary)
        first_ns, last_ns = moments_ns[0], moments_ns[-1]
        from_ns = boot.dating.epoch_ns + first_ns - boot.slack_ns(first_ns)
        until_ns = boot.dating.epoch_ns + last_ns + boot.slack_ns(last_ns)
        # Its silence affects the end.
        is_turning = self._is_silent_at(clock, settings) is not self.is_silent
        is_last = is_turning or until_ns >= self.last_sign_ns
        return TimeRange(from_ns, None if is_last else until_ns)

    def _as_received(self, summary: BatchSummary) -> BatchSummary:
        """
        Return a summary, without the time of its receipt if the collector's clock had gone back:
        that time is meaningless for the device's events, and must not date a boot.
        """
        if summary.received_ns is None:
            return summary
        if summary.received_ns < self.received_ns - _RECEIVED_AT_ONCE_NS:
            return msgspec.structs.replace(summary, received_ns=None)
        self.received_ns = max(self.received_ns, summary.received_ns)
        return summary

    def _is_continued_by(self, boot: BootRecord, summary: BatchSummary) -> bool:
        """
        Return whether a batch only changes the intervals of its verdicts' subjects: all others are
        open anyway.
        """
        is_newest = not self.is_silent and boot.last_sign_ns == self.last_sign_ns
        return is_newest and boot.is_extended_by(summary)

    def _is_silent_at(self, clock: CollectorClock, settings: TimelineSettings) -> bool:
        # Called for every site about once a second.
        limit_ns = settings.silent_after_s * NS_PER_S
        if clock.now_ns - self.last_sign_ns <= limit_ns:
            return False
        if self.is_silent or self.last_sign_ns >= clock.listening_since_ns:
            # A site that was silent before the collector went away is still silent.
            return True
        # No push since the collector came back: an agent may be waiting for its next attempt.
        return clock.now_ns - clock.listening_since_ns > limit_ns + ns(LONGEST_WAIT_S)

    def _raise_floor(self, clock: CollectorClock, settings: TimelineSettings) -> None:
        """Raise the floor if due: by age, or because of too much data."""
        day_ns = ns(86_400.0)
        floor_ns = (clock.now_ns - ns(settings.kept_s)) // day_ns * day_ns
        floor_ns = max(self.floor_ns, floor_ns, self._floor_by_size())
        if floor_ns <= self.floor_ns:
            return
        self.floor_ns = floor_ns
        for name, boot in list(self.boots.items()):
            if boot.last_sign_ns < min(floor_ns, self.last_sign_ns):
                del self.boots[name]
            else:
                boot.trim_before(floor_ns)

    def _floor_by_size(self) -> int:
        """Return the time before which data exceeds the limits; 0 if it does not."""
        boots = self.boots.values()
        floor_ns = 0
        if sum(boot.verdict_count for boot in boots) > VERDICTS_KEPT:
            decided = [
                boot.wall_ns(verdict.decided)
                for boot in boots
                for verdicts in boot.verdicts.values()
                for verdict in verdicts
            ]
            floor_ns = max(floor_ns, _newest_half(decided, VERDICTS_KEPT))
        if sum(len(boot.spans) for boot in boots) > SPANS_KEPT:
            ends = [boot.wall_ns(span.end) for boot in boots for span in boot.spans]
            floor_ns = max(floor_ns, _newest_half(ends, SPANS_KEPT))
        if sum(len(boot.starts) for boot in boots) > STARTS_KEPT:
            starts = [boot.wall_ns(start) for boot in boots for start in boot.starts]
            floor_ns = max(floor_ns, _newest_half(starts, STARTS_KEPT))
        if len(boots) > BOOTS_KEPT:
            lasts = [boot.last_sign_ns for boot in boots]
            floor_ns = max(floor_ns, _newest_half(lasts, BOOTS_KEPT))
        return floor_ns


def _newest_half(moments_ns: list[int], kept: int) -> int:
    """
    Return the begin of the newest half of the limit, so that this is not repeated with every batch.
    """
    return sorted(moments_ns)[-kept // 2]


def _evidence_by_subject(summary: BatchSummary) -> dict[str, _Evidence]:
    """Return the evidence of a batch's verdicts, by the key of their subjects."""
    source = BatchRef(summary.stream, summary.number, summary.digest)
    by_subject: dict[str, _Evidence] = {}
    for change in summary.changes:
        verdict = change.verdict
        evidence = by_subject.setdefault(subject_key(verdict.link, verdict.service), {})
        evidence[VerdictKey(source, verdict.state, verdict.symptom)] = verdict.evidence
    return by_subject
