"""
SiteTimeline: the past of one site, kept from pieces that come in any order, repeated or late.

``apply`` and ``tick`` return what changed, so that a table of intervals can follow. The same pieces
and the same present give the same intervals, whatever the order.
"""

import msgspec

from thongsuot_collector.timeline.batch_summary import BatchSummary
from thongsuot_collector.timeline.boot import BootRecord, dating_of, subject_key
from thongsuot_collector.timeline.interval import (
    BatchRef,
    Interval,
    Rewrite,
    VerdictEvidence,
    rewrite_of,
)
from thongsuot_collector.timeline.settings import NS_PER_S, TimelineSettings, ns
from thongsuot_collector.timeline.states import intervals_of
from thongsuot_collector.timeline.subject import Subject

VERDICTS_KEPT = 4_000
"""Verdicts kept of a site, 400 KB: a hundred a day for 35 days. The oldest go first."""

SPANS_KEPT = 4_000
"""Stretches of measuring kept of a site; more only where an agent dies every ten minutes."""


class CollectorClock(msgspec.Struct, frozen=True, kw_only=True):
    """
    Now, and since when silence means anything, both Unix time by the collector's own clock.

    ``now_ns`` is up to when everything that was pushed has been applied: a consumer that lags must
    not take its own lag for the agents' silence. ``listening_since_ns`` is since when the collector
    has been listening without a break: before, nobody could be heard.
    """

    now_ns: int
    listening_since_ns: int


class SiteTimeline(msgspec.Struct, kw_only=True):
    """
    The past of one site. ``boots`` are by the kernel's boot id.

    ``floor_ns``: what was before is not rewritten any more.
    """

    site: str
    boots: dict[str, BootRecord] = {}
    is_silent: bool = False
    last_sign_ns: int = 0
    floor_ns: int = 0

    def apply(
        self, piece: BatchSummary, present: CollectorClock, settings: TimelineSettings
    ) -> tuple[Rewrite, ...]:
        """
        Take one piece; return what it changed, subject by subject.

        A piece that is in already changes nothing.
        """
        boot = self.boots.get(piece.boot_id)
        if boot is not None and boot.has_batch(piece):
            return ()
        if boot is not None and self._is_more_of_the_same(boot, piece):
            boot.add(piece)
            self.last_sign_ns = max(self.last_sign_ns, boot.last_sign_ns)
            return ()
        self._raise_floor(present, settings)
        before = self.intervals()
        if boot is None:
            boot = self.boots[piece.boot_id] = BootRecord(dating=dating_of(piece))
        boot.add(piece)
        self.last_sign_ns = max(one.last_sign_ns for one in self.boots.values())
        self.is_silent = self._is_silent_at(present, settings)
        return self._rewrites(before, settings, piece)

    def tick(self, present: CollectorClock, settings: TimelineSettings) -> tuple[Rewrite, ...]:
        """Let time pass; return what that changed: an agent that is not heard any more."""
        is_silent = self._is_silent_at(present, settings)
        if is_silent is self.is_silent:
            return ()
        before = self.intervals()
        self.is_silent = is_silent
        return self._rewrites(before, settings, None)

    def intervals(self) -> dict[Subject, tuple[Interval, ...]]:
        """Return the intervals of every subject as they are known now; the last ones are open."""
        return intervals_of(self.site, self.boots, is_silent=self.is_silent, floor_ns=self.floor_ns)

    def _rewrites(
        self,
        before: dict[Subject, tuple[Interval, ...]],
        settings: TimelineSettings,
        piece: BatchSummary | None,
    ) -> tuple[Rewrite, ...]:
        found = []
        proofs = {} if piece is None else _evidence_by_subject(piece)
        for subject, after in self.intervals().items():
            rewrite = rewrite_of(
                subject,
                before.get(subject, ()),
                after,
                calm_ns=ns(settings.calm_s),
                proofs=tuple(proofs.get(subject_key(subject.link, subject.service), ())),
            )
            if rewrite is not None:
                found.append(rewrite)
        return tuple(found)

    def _is_more_of_the_same(self, boot: BootRecord, piece: BatchSummary) -> bool:
        """Return whether a piece changes no interval: all is well, and the last are open anyway."""
        return (
            not self.is_silent
            and boot.last_sign_ns == self.last_sign_ns
            and boot.extends_quietly(piece)
        )

    def _is_silent_at(self, present: CollectorClock, settings: TimelineSettings) -> bool:
        # Asked of every site about once a second.
        limit_ns = settings.silent_after_s * NS_PER_S
        if present.now_ns - self.last_sign_ns <= limit_ns:
            return False
        # Who was silent before the collector went away is silent still.
        return self.is_silent or present.now_ns - present.listening_since_ns > limit_ns

    def _raise_floor(self, present: CollectorClock, settings: TimelineSettings) -> None:
        """Raise the floor where that is due: by age, or because there is too much."""
        day_ns = ns(86_400.0)
        floor_ns = (present.now_ns - ns(settings.kept_s)) // day_ns * day_ns
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
        """Return the time before which there is more than is kept; 0 where there is not."""
        turns = [
            boot.wall_ns(turn.onset)
            for boot in self.boots.values()
            for of_subject in boot.verdicts.values()
            for turn in of_subject
        ]
        spans = [boot.wall_ns(span.end) for boot in self.boots.values() for span in boot.spans]
        floor_ns = 0
        for times, kept in ((turns, VERDICTS_KEPT), (spans, SPANS_KEPT)):
            if len(times) > kept:
                # Half of it: this is not done again with every piece.
                floor_ns = max(floor_ns, sorted(times)[-kept // 2])
        return floor_ns


def _evidence_by_subject(piece: BatchSummary) -> dict[str, list[VerdictEvidence]]:
    source = BatchRef(piece.stream, piece.number, piece.digest)
    found: dict[str, list[VerdictEvidence]] = {}
    for change in piece.changes:
        verdict = change.verdict
        key = subject_key(verdict.link, verdict.service)
        found.setdefault(key, []).append(
            VerdictEvidence(
                source=source,
                state=verdict.state,
                symptom=verdict.symptom,
                evidence=verdict.evidence,
            )
        )
    return found
