"""
Outage: one time that a circuit was down by its carrier's fault, across the ends of months.

It begins when the circuit is found down and is over when it has been available for ``calm_ms``; a
shorter pause is part of it. Unknown or uncounted time in between neither ends it nor counts.
"""

from collections.abc import Iterable, Sequence

import msgspec

from thongsuot_collector.sla.calendar import Span
from thongsuot_collector.sla.periods import Period, TimeClass
from thongsuot_schema.segment import Segment
from thongsuot_schema.verdict import Symptom


class CarrierNotification(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """
    A notification to the carrier at ``at_ms`` about a fault from ``from_ms`` until ``until_ms``
    (``None``: unknown). Unix milliseconds.
    """

    at_ms: int
    from_ms: int
    until_ms: int | None
    incident: str
    reference: str = ""


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """
    One outage. ``until_ms`` is when the circuit was available again, ``None`` while that is
    unknown. ``down_spans`` are the spans in which it was down and the contract's clock ran.
    ``notification`` is the first notification about it.
    """

    from_ms: int
    until_ms: int | None
    down_spans: tuple[Span, ...]
    symptom: Symptom
    segment: Segment | None
    error_s: float | None
    notification: CarrierNotification | None = None

    @property
    def notified_ms(self) -> int | None:
        """The time from which it counts as notified: not before its begin."""
        return None if self.notification is None else max(self.notification.at_ms, self.from_ms)

    def down_ms(self, span: Span) -> int:
        """Return its counted downtime inside a span."""
        return sum(_shared_ms(part, span) for part in self.down_spans)

    def down_notified_ms(self, span: Span) -> int:
        """Return its counted downtime inside a span since the carrier's notification."""
        if self.notified_ms is None:
            return 0
        return self.down_ms((max(span[0], self.notified_ms), max(span[1], self.notified_ms)))


def outages_of(
    periods: Iterable[Period], notifications: Iterable[CarrierNotification], *, calm_ms: int
) -> tuple[Outage, ...]:
    """Return the outages in some periods, in order; those that never count are left out."""
    outages: list[Outage] = []
    known = sorted(set(notifications))
    for dead, until_ms in _outage_periods(periods, calm_ms):
        parts = tuple(
            (period.from_ms, period.until_ms)
            for period in dead
            if period.time_class is TimeClass.DOWN
        )
        if not parts:
            continue
        longest = max(dead, key=lambda period: (period.length_ms, -period.from_ms))
        outage = Outage(
            from_ms=dead[0].from_ms,
            until_ms=until_ms,
            down_spans=parts,
            symptom=longest.symptom,
            segment=longest.segment,
            error_s=dead[0].error_s,
        )
        outages.append(
            msgspec.structs.replace(outage, notification=_first_notification(outage, known))
        )
    return tuple(outages)


def _outage_periods(
    periods: Iterable[Period], calm_ms: int
) -> Iterable[tuple[list[Period], int | None]]:
    """Yield the down periods of each outage, and its end."""
    dead: list[Period] = []
    calm_from_ms: int | None = None
    good_ms = 0
    for period in periods:
        if period.condition is TimeClass.DOWN:
            dead.append(period)
            calm_from_ms, good_ms = None, 0
        elif dead and period.condition in {TimeClass.UP, TimeClass.DEGRADED}:
            if calm_from_ms is None:
                calm_from_ms = period.from_ms
            good_ms += period.length_ms
            if good_ms >= calm_ms:
                yield dead, calm_from_ms
                dead = []
    if dead:
        yield dead, None


def _first_notification(
    outage: Outage, notifications: Sequence[CarrierNotification]
) -> CarrierNotification | None:
    for notification in notifications:
        begins_before = outage.until_ms is None or notification.from_ms < outage.until_ms
        ends_after = notification.until_ms is None or notification.until_ms > outage.from_ms
        if begins_before and ends_after:
            return notification
    return None


def _shared_ms(span: Span, other: Span) -> int:
    return max(0, min(span[1], other[1]) - max(span[0], other[0]))
