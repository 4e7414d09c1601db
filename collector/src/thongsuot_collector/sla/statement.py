"""Statement: the facts about one circuit in one month, and the figures that follow from them."""

from collections.abc import Iterable, Sequence
from enum import StrEnum
from fractions import Fraction

import msgspec

from thongsuot_collector.sla.calendar import NS_PER_MS, Month, Span
from thongsuot_collector.sla.dispute import DisputedInterval
from thongsuot_collector.sla.outage import CarrierNotification, Outage, outages_of
from thongsuot_collector.sla.periods import (
    COUNTED,
    Period,
    PlannedWork,
    TimeClass,
    classify_time,
    clip,
    merge_adjacent,
)
from thongsuot_collector.sla.switch_over import CircuitSwitchOver, switch_overs_of
from thongsuot_collector.sla.terms import Terms
from thongsuot_collector.timeline.interval import Interval
from thongsuot_schema.batch.model import is_generated
from thongsuot_schema.counter_path import SwitchOver
from thongsuot_schema.inventory.contract_terms import AssessmentPeriod, Since
from thongsuot_schema.inventory.fields import Medium
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import Symptom

LOOKBACK_MONTHS = 2
"""The maximum time by which an outage may begin before the month, or its quarter."""


class Circuit(msgspec.Struct, frozen=True, kw_only=True):
    """The identity of a circuit. ``name`` is the carrier's id; without one, site and link."""

    site: str
    link: str
    name: str
    carrier: str
    medium: Medium


class DisplayNames(msgspec.Struct, frozen=True, kw_only=True):
    """Display names of the statement's objects; changing them makes no new revision."""

    site: str
    commune: str
    carrier: str


class Interruption(msgspec.Struct, frozen=True, kw_only=True):
    """
    An outage in the statement of one month. Unix milliseconds.

    ``from_ms`` may be before the month. ``until_ms`` is its end, ``None`` if that is after the
    month, or unknown. ``down_ms`` and ``down_notified_ms`` count inside the month; ``restore_ms``
    and ``restore_notified_ms`` the whole outage, including the part before the month, and are only
    set if it ended in this month. ``notified_ms`` is ``None`` if the carrier was not notified
    before its end, or not in this month.
    """

    number: int
    from_ms: int
    until_ms: int | None
    is_from_before: bool
    down_ms: int
    down_notified_ms: int
    notified_ms: int | None
    restore_ms: int | None
    restore_notified_ms: int | None
    symptom: Symptom
    segment: Segment | None
    error_s: float | None
    incident: str = ""
    reference: str = ""


class TimeTotals(msgspec.Struct, frozen=True, kw_only=True):
    """
    The sums of a time: each class's milliseconds, and the downtime since the carrier's
    notifications.
    """

    from_ms: int
    until_ms: int
    by_class: dict[TimeClass, int]
    down_notified_ms: int

    @property
    def service_ms(self) -> int:
        """The counted time: all of it without the excluded classes."""
        return sum(self.by_class[time_class] for time_class in COUNTED)

    @property
    def coverage(self) -> Fraction | None:
        """The known share of the contract's hours; ``None`` without hours."""
        hours_ms = sum(self.by_class.values()) - self.by_class[TimeClass.OUTSIDE]
        if not hours_ms:
            return None
        return Fraction(hours_ms - self.by_class[TimeClass.UNKNOWN], hours_ms)

    def down_ms(self, since: Since) -> int:
        """Return the downtime, counted from the onset or from the carrier's notification."""
        return self.by_class[TimeClass.DOWN] if since is Since.DETECTED else self.down_notified_ms

    def availability(self, since: Since) -> Fraction | None:
        """Return the share of the service time without downtime; ``None`` without service time."""
        if not self.service_ms:
            return None
        return Fraction(self.service_ms - self.down_ms(since), self.service_ms)


class AssessmentResult(StrEnum):
    """The result of assessing a statement against its terms, as written in the CSV."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_ENOUGH_DATA = "not_enough_data"
    NO_TARGET = "no_target"


class Statement(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """
    A circuit's month. ``periods`` fill it exactly, up to ``totals.until_ms``.

    ``disputes`` are the intervals for which the carrier denies responsibility, and ``switch_overs``
    the moves of the counter's computers from the circuit to another: neither changes a figure. A
    statement without any is identical, to the byte, to one from before these existed.

    ``totals`` sums the month; ``assessed`` the time over which the target has to be met.
    ``is_final``: the month is over. ``calm_ms``: an interruption is over after this time without
    one. ``is_generated``: part of it was generated for a demonstration.
    """

    month: str
    calm_ms: int
    circuit: Circuit
    names: DisplayNames
    terms: Terms
    is_final: bool
    periods: tuple[Period, ...]
    interruptions: tuple[Interruption, ...]
    totals: TimeTotals
    assessed: TimeTotals
    disputes: tuple[DisputedInterval, ...] = ()
    switch_overs: tuple[CircuitSwitchOver, ...] = ()
    is_generated: bool = False

    @property
    def is_measured(self) -> bool:
        """Whether the month has any measurement."""
        return any(period.condition is not TimeClass.UNKNOWN for period in self.periods)

    @property
    def begun(self) -> int:
        """
        The number of interruptions that began in this month: sums over months count each once.
        """
        return sum(not interruption.is_from_before for interruption in self.interruptions)

    def restores_ms(self, since: Since) -> list[int]:
        """Return the duration of each repair that was completed in this month."""
        durations_ms = (
            interruption.restore_ms if since is Since.DETECTED else interruption.restore_notified_ms
            for interruption in self.interruptions
        )
        return [duration_ms for duration_ms in durations_ms if duration_ms is not None]

    @property
    def is_known_enough(self) -> bool:
        """Whether enough is known to assess it against the target."""
        coverage = self.assessed.coverage
        return coverage is not None and coverage >= exact(self.terms.coverage_ratio)

    @property
    def is_available_enough(self) -> bool | None:
        """Whether the target is met; ``None`` without a target, or if too little is known."""
        ratio = self.terms.availability_ratio
        share = self.assessed.availability(self.terms.downtime_since)
        if ratio is None or share is None or not self.is_known_enough:
            return None
        return share >= exact(ratio)

    @property
    def availability_result(self) -> AssessmentResult:
        """The result of assessing the availability against the terms."""
        if self.terms.availability_ratio is None:
            return AssessmentResult.NO_TARGET
        is_met = self.is_available_enough
        if is_met is None:
            return AssessmentResult.NOT_ENOUGH_DATA
        return AssessmentResult.MET if is_met else AssessmentResult.NOT_MET

    @property
    def late_repairs(self) -> int | None:
        """The number of repairs that took longer than agreed; ``None`` if nothing was agreed."""
        limit_s = self.terms.repair_s
        if limit_s is None:
            return None
        limit_ms = exact(limit_s) * 1_000
        return sum(
            restore_ms > limit_ms for restore_ms in self.restores_ms(self.terms.repair_since)
        )

    @property
    def is_repaired_enough(self) -> bool | None:
        """
        Whether enough repairs were in time; ``None`` if nothing was agreed or repaired, or too
        little is known.
        """
        late, ratio = self.late_repairs, self.terms.repair_ratio
        done = len(self.restores_ms(self.terms.repair_since))
        if late is None or ratio is None or not done or not self.is_known_enough:
            return None
        return Fraction(done - late, done) >= exact(ratio)


class CircuitRecord(msgspec.Struct, frozen=True, kw_only=True):
    """
    The record of a circuit: its intervals, planned work, notifications to its carrier, and the
    moves of its site's computers between links.

    In any order, possibly repeated. ``known_ms`` is the end of the known time.
    """

    intervals: Sequence[Interval]
    planned_work: Sequence[PlannedWork] = ()
    notifications: Sequence[CarrierNotification] = ()
    disputes: Sequence[DisputedInterval] = ()
    moves: Sequence[SwitchOver] = ()
    known_ms: int


def record_span(month: Month, *, calm_ms: int) -> Span:
    """Return the span whose record a statement needs."""
    first = month.quarter_begin().after(-LOOKBACK_MONTHS)
    # An outage at the end of the month only ends when the circuit has been up for long enough.
    return first.from_ms, month.until_ms + calm_ms


def statement_of(
    month: Month,
    circuit: Circuit,
    names: DisplayNames,
    terms: Terms,
    record: CircuitRecord,
    *,
    calm_ms: int,
) -> Statement:
    """Return the statement of a month; if it is not over, up to the known time."""
    begin_ms, end_ms = record_span(month, calm_ms=calm_ms)
    span = begin_ms, max(begin_ms, min(end_ms, record.known_ms))
    until_ms = max(month.from_ms, min(month.until_ms, record.known_ms))
    whole = classify_time(record.intervals, record.planned_work, terms, span)
    outages = outages_of(whole, record.notifications, calm_ms=calm_ms)
    of_month = month.from_ms, until_ms
    interruptions = _interruptions(outages, of_month)
    assessed_from = month.quarter_begin() if terms.window is AssessmentPeriod.QUARTER else month
    return Statement(
        month=str(month),
        calm_ms=calm_ms,
        circuit=circuit,
        names=names,
        terms=terms,
        is_final=until_ms == month.until_ms,
        periods=_with_interruptions(clip(whole, of_month), outages, interruptions),
        interruptions=interruptions,
        totals=_totals(whole, outages, of_month),
        assessed=_totals(whole, outages, (assessed_from.from_ms, until_ms)),
        disputes=_of_month(record.disputes, of_month),
        switch_overs=switch_overs_of(record.moves, circuit.link, of_month),
        is_generated=any(_is_generated(interval, of_month) for interval in record.intervals),
    )


def _is_generated(interval: Interval, span: Span) -> bool:
    """Return whether an interval is in a month and was generated for a demonstration."""
    if interval.source is None or not is_generated(interval.source.stream):
        return False
    until_ms = span[1] if interval.end_ns is None else interval.end_ns // NS_PER_MS
    return interval.start_ns // NS_PER_MS < span[1] and until_ms > span[0]


def _of_month(disputes: Iterable[DisputedInterval], span: Span) -> tuple[DisputedInterval, ...]:
    shown = {disputed for disputed in disputes if disputed.overlaps(*span)}
    return tuple(sorted(shown, key=lambda disputed: (disputed.from_ms, disputed.incident)))


def exact(number: float) -> Fraction:
    """Return a number exactly as written: 0.995 is 995/1000, not the nearest float."""
    return Fraction(repr(number))


def _interruptions(outages: Iterable[Outage], span: Span) -> tuple[Interruption, ...]:
    shown = [outage for outage in outages if _is_shown(outage, span)]
    return tuple(_interruption(number, outage, span) for number, outage in enumerate(shown, 1))


def _is_shown(outage: Outage, span: Span) -> bool:
    """Return whether an outage counts in a month, or was over in it."""
    is_over = outage.until_ms is not None and span[0] < outage.until_ms <= span[1]
    return is_over or outage.down_ms(span) > 0


def _interruption(number: int, outage: Outage, span: Span) -> Interruption:
    is_over = outage.until_ms is not None and outage.until_ms <= span[1]
    told_ms = outage.notified_ms
    if told_ms is not None and told_ms >= (outage.until_ms if is_over else span[1]):  # type: ignore[operator]  # set where it is over
        told_ms = None
    ever = outage.from_ms, span[1]
    notification = outage.notification if told_ms is not None else None
    return Interruption(
        number=number,
        from_ms=outage.from_ms,
        until_ms=outage.until_ms if is_over else None,
        is_from_before=outage.from_ms < span[0],
        down_ms=outage.down_ms(span),
        down_notified_ms=outage.down_notified_ms(span),
        notified_ms=told_ms,
        restore_ms=outage.down_ms(ever) if is_over else None,
        restore_notified_ms=outage.down_notified_ms(ever)
        if is_over and told_ms is not None
        else None,
        symptom=outage.symptom,
        segment=outage.segment,
        error_s=outage.error_s,
        incident="" if notification is None else notification.incident,
        reference="" if notification is None else notification.reference,
    )


def _totals(periods: Iterable[Period], outages: Iterable[Outage], span: Span) -> TimeTotals:
    time_classes = dict.fromkeys(TimeClass, 0)
    for period in clip(periods, span):
        time_classes[period.time_class] += period.length_ms
    return TimeTotals(
        from_ms=span[0],
        until_ms=span[1],
        by_class=time_classes,
        down_notified_ms=sum(outage.down_notified_ms(span) for outage in outages),
    )


def _with_interruptions(
    periods: Iterable[Period], outages: Iterable[Outage], interruptions: Sequence[Interruption]
) -> tuple[Period, ...]:
    """Return periods with the interruption of each down one, split at its notification."""
    numbers = {interruption.from_ms: interruption for interruption in interruptions}
    owner = {
        part: numbers[outage.from_ms]
        for outage in outages
        if outage.from_ms in numbers
        for part in outage.down_spans
    }
    parts = sorted(owner)
    replace = msgspec.structs.replace
    merged: list[Period] = []
    at = 0
    for period in periods:
        if period.time_class is not TimeClass.DOWN:
            merged.append(period)
            continue
        while parts[at][1] <= period.from_ms:
            at += 1
        interruption = owner[parts[at]]
        period = replace(period, interruption=interruption.number)  # noqa: PLW2901 - the same, marked
        cut_ms = interruption.notified_ms
        if cut_ms is None or cut_ms >= period.until_ms:
            merged.append(period)
        elif cut_ms <= period.from_ms:
            merged.append(replace(period, is_notified=True))
        else:
            merged.append(replace(period, until_ms=cut_ms))
            merged.append(replace(period, from_ms=cut_ms, is_notified=True))
    return merge_adjacent(merged)
