"""Periods: what each moment is counted as, and where one ends and the next begins."""

import msgspec
import pytest

from tests.collector.sla.reference_count import (
    BUSY,
    CUT,
    OFF,
    OFFICE,
    OUT,
    PLAIN,
    PRESUMED,
    SILENT,
    SLOW,
    UNPLUGGED,
    UP,
    S,
    StateSpec,
    course,
    interval,
)
from tests.collector.sla.test_statement import BASE, HOUR, work
from thongsuot_collector.sla.periods import (
    Period,
    TimeClass,
    classify_interval,
    classify_time,
    clip,
    merge_adjacent,
)
from thongsuot_collector.sla.terms import Terms
from thongsuot_schema.inventory.contract_terms import Exclusion

SPAN = (BASE, BASE + 10 * HOUR * S)
NOTHING_EXCLUDED = msgspec.structs.replace(PLAIN, excludes=())


def shape(periods: tuple[Period, ...]) -> list[tuple[float, float, TimeClass]]:
    """Return when each begins and ends, in hours, and what it is."""
    hour_ms = HOUR * S
    return [
        ((period.from_ms - BASE) / hour_ms, (period.until_ms - BASE) / hour_ms, period.time_class)
        for period in periods
    ]


@pytest.mark.parametrize(
    ("spec", "excluding", "without"),
    [
        (UP, TimeClass.UP, TimeClass.UP),
        (SLOW, TimeClass.DEGRADED, TimeClass.DEGRADED),
        (BUSY, TimeClass.CUSTOMER, TimeClass.DEGRADED),
        (CUT, TimeClass.DOWN, TimeClass.DOWN),
        (OUT, TimeClass.DOWN, TimeClass.DOWN),
        (UNPLUGGED, TimeClass.CUSTOMER, TimeClass.DOWN),
        (OFF, TimeClass.POWER, TimeClass.DOWN),
        (SILENT, TimeClass.UNKNOWN, TimeClass.UNKNOWN),
        (PRESUMED, TimeClass.UNKNOWN, TimeClass.UNKNOWN),
    ],
)
def test_an_interval_is_classified_by_its_state_and_the_contract(
    spec: StateSpec, excluding: TimeClass, without: TimeClass
) -> None:
    counted = interval(BASE, 0, 60, spec)
    assert classify_interval(counted, PLAIN) is excluding
    assert classify_interval(counted, NOTHING_EXCLUDED) is without
    assert classify_interval(None, PLAIN) is TimeClass.UNKNOWN


def test_time_without_an_interval_is_unknown_and_an_open_interval_lasts() -> None:
    periods = classify_time([interval(BASE, 2 * HOUR, 3 * HOUR, CUT)], (), PLAIN, SPAN)
    assert shape(periods) == [
        (0, 2, TimeClass.UNKNOWN),
        (2, 3, TimeClass.DOWN),
        (3, 10, TimeClass.UNKNOWN),
    ]
    assert shape(classify_time([interval(BASE, -HOUR, None, UP)], (), PLAIN, SPAN)) == [
        (0, 10, TimeClass.UP)
    ]
    assert shape(classify_time([], (), PLAIN, SPAN)) == [(0, 10, TimeClass.UNKNOWN)]


def test_where_intervals_overlap_the_later_one_counts_from_its_beginning() -> None:
    first = interval(BASE, 0, 6 * HOUR, UP)
    second = interval(BASE, 4 * HOUR, 8 * HOUR, CUT)
    for both in ([first, second], [second, first]):
        assert shape(classify_time(both, (), PLAIN, SPAN)) == [
            (0, 4, TimeClass.UP),
            (4, 8, TimeClass.DOWN),
            (8, 10, TimeClass.UNKNOWN),
        ]


@pytest.mark.parametrize(
    ("begin_h", "end_h", "expected"),
    [
        (-2, 0, [(0, 10, TimeClass.UP)]),
        (10, 12, [(0, 10, TimeClass.UP)]),
        (-1, 1, [(0, 1, TimeClass.MAINTENANCE), (1, 10, TimeClass.UP)]),
        (9, 11, [(0, 9, TimeClass.UP), (9, 10, TimeClass.MAINTENANCE)]),
        (-1, 11, [(0, 10, TimeClass.MAINTENANCE)]),
    ],
)
def test_planned_work_counts_only_where_it_lies_inside(
    begin_h: int, end_h: int, expected: list[tuple[float, float, TimeClass]]
) -> None:
    planned = (work(begin_h * HOUR, end_h * HOUR),)
    periods = classify_time(course(BASE, (-HOUR, UP)), planned, PLAIN, SPAN)
    assert shape(periods) == expected
    assert {period.work for period in periods} == (
        {"", "w"} if len(expected) > 1 else {"w" if expected[0][2] != TimeClass.UP else ""}
    )
    assert all(period.condition is TimeClass.UP for period in periods)
    assert shape(classify_time(course(BASE, (-HOUR, UP)), planned, NOTHING_EXCLUDED, SPAN)) == [
        (0, 10, TimeClass.UP)
    ]


def test_outside_the_contracts_hours_nothing_else_counts() -> None:
    # 1 November 2026 is a Sunday.
    periods = classify_time(
        course(BASE, (-HOUR, CUT)), (work(0, 10 * HOUR),), with_maintenance(OFFICE), SPAN
    )
    assert shape(periods) == [(0, 10, TimeClass.OUTSIDE)]
    (only,) = periods
    assert (only.condition, only.work) == (TimeClass.DOWN, "")


def with_maintenance(terms: Terms) -> Terms:
    return msgspec.structs.replace(terms, excludes=tuple(Exclusion))


def test_adjacent_periods_that_differ_only_in_precision_are_merged() -> None:
    period, *_ = classify_time(course(BASE, (0, CUT)), (), PLAIN, SPAN)
    later = msgspec.structs.replace(
        period, from_ms=period.until_ms, until_ms=period.until_ms + 5, error_s=0.5
    )
    (joined,) = merge_adjacent((period, later))
    assert (joined.from_ms, joined.until_ms, joined.error_s) == (BASE, later.until_ms, 0.004)
    for otherwise in (
        {"interruption": 2},
        {"is_notified": True},
        {"work": "w"},
        {"time_class": TimeClass.OUTSIDE},
        {"condition": TimeClass.POWER},
    ):
        other = msgspec.structs.replace(later, **otherwise)
        assert merge_adjacent((period, other)) == (period, other)


def test_clipped_periods_lie_inside_the_span_and_outside_ones_are_dropped() -> None:
    (period,) = classify_time(course(BASE, (0, UP)), (), PLAIN, SPAN)
    begin_ms, end_ms = SPAN
    (inside,) = clip([period], (begin_ms + 1, end_ms - 1))
    assert (inside.from_ms, inside.until_ms) == (begin_ms + 1, end_ms - 1)
    assert clip([period], (end_ms, end_ms + 5)) == clip([period], (begin_ms - 5, begin_ms)) == []
    assert clip([period], (begin_ms - 5, end_ms + 5)) == [period]
