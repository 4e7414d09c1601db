"""Outages: what counting second by second gives, for any course of an hour."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.collector.sla.reference_count import (
    CALM_S,
    EVERY,
    PLAIN,
    S,
    course,
    second_by_second,
    told_seconds,
)
from thongsuot_collector.sla.calendar import Month
from thongsuot_collector.sla.outage import CarrierNotification, outages_of
from thongsuot_collector.sla.periods import PlannedWork, TimeClass, classify_time

BASE = Month(2026, 11).from_ms
LENGTH_S = 3_600

SECONDS = st.integers(0, LENGTH_S - 1)
STEPS = st.lists(
    st.tuples(SECONDS, st.sampled_from(EVERY)), max_size=20, unique_by=lambda change: change[0]
)
SPANS = st.lists(st.tuples(SECONDS, st.integers(1, 600)), max_size=3)


@settings(deadline=None)
@given(STEPS, SPANS, st.lists(st.tuples(SECONDS, SECONDS, st.integers(1, 600)), max_size=3))
def test_outages_are_what_counting_gives(
    steps: list[tuple[int, tuple]],  # type: ignore[type-arg]  # what ``course`` takes
    planned: list[tuple[int, int]],
    expected: list[tuple[int, int, int]],
) -> None:
    intervals = course(BASE, *sorted(steps, key=lambda step: step[0])) if steps else []
    works = [
        PlannedWork(from_ms=BASE + begin * S, until_ms=BASE + (begin + length) * S, name="w")
        for begin, length in planned
    ]
    notifications = [
        CarrierNotification(
            at_ms=BASE + at * S,
            from_ms=BASE + begin * S,
            until_ms=BASE + (begin + length) * S,
            incident="i",
        )
        for at, begin, length in expected
    ]
    span = BASE, BASE + LENGTH_S * S
    periods = classify_time(intervals, works, PLAIN, span)
    naive = second_by_second(intervals, works, PLAIN, BASE, LENGTH_S)
    for time_class in TimeClass:
        counted = sum(period.length_ms for period in periods if period.time_class is time_class)
        assert counted == naive.time_classes.count(time_class) * S
    outages = outages_of(periods, notifications, calm_ms=CALM_S * S)
    assert [(outage.down_ms(span), outage.until_ms) for outage in outages] == [
        (len(dead) * S, None if end is None else BASE + end * S) for dead, end in naive.outages
    ]
    assert sum(outage.down_notified_ms(span) for outage in outages) == S * told_seconds(
        naive, notifications, BASE, from_s=0, until_s=LENGTH_S
    )
