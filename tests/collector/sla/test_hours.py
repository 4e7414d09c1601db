"""Office hours: apart from each other, in the time of Vietnam, not on holidays."""

import msgspec

from tests.collector.sla.reference_count import OFFICE, PLAIN
from thongsuot_collector.sla.hours import service_spans
from thongsuot_collector.sla.month import Month

MONDAY = Month(2026, 11).from_ms + 86_400_000  # 2026-11-02
HOUR = 3_600_000
WEEK = 7 * 24 * HOUR


def test_a_clock_that_always_runs_is_one_span() -> None:
    assert service_spans(PLAIN, 5, 7) == [(5, 7)]


def test_a_week_has_its_hours() -> None:
    spans = service_spans(OFFICE, MONDAY, MONDAY + WEEK)
    assert len(spans) == 10
    assert spans[:2] == [
        (MONDAY + 8 * HOUR, MONDAY + 12 * HOUR),
        (MONDAY + 13 * HOUR, MONDAY + 17 * HOUR),
    ]
    assert sum(end - begin for begin, end in spans) == 40 * HOUR


def test_holidays_have_none() -> None:
    third = MONDAY + 2 * WEEK  # the week of 2026-11-20
    assert (
        sum(end - begin for begin, end in service_spans(OFFICE, third, third + WEEK)) == 32 * HOUR
    )


def test_hours_are_cut_where_the_time_asked_for_ends_and_joined_over_midnight() -> None:
    assert service_spans(OFFICE, MONDAY + 9 * HOUR, MONDAY + 10 * HOUR) == [
        (MONDAY + 9 * HOUR, MONDAY + 10 * HOUR)
    ]
    assert service_spans(OFFICE, MONDAY, MONDAY + HOUR) == []
    night = msgspec.structs.replace(OFFICE, office_hours=("00:00-06:00", "22:00-24:00"))
    assert service_spans(night, MONDAY, MONDAY + 30 * HOUR)[1] == (
        MONDAY + 22 * HOUR,
        MONDAY + 30 * HOUR,
    )
