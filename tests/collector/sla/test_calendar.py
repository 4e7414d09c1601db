"""Months of Vietnam, to the millisecond."""

from datetime import UTC, datetime

import msgspec
import pytest

from tests.collector.sla.reference_count import OFFICE, PLAIN
from thongsuot_collector.sla.calendar import Month, month_at, month_from, service_spans


def test_a_month_begins_at_midnight_in_vietnam() -> None:
    november = month_from("2026-11")
    begin = datetime.fromtimestamp(november.from_ms / 1_000, UTC)
    assert begin == datetime(2026, 10, 31, 17, tzinfo=UTC)
    assert november.until_ms - november.from_ms == 30 * 86_400_000
    assert month_at(november.from_ms) == november
    assert month_at(november.from_ms - 1) == Month(2026, 10)
    assert month_at(november.until_ms) == Month(2026, 12)


def test_months_are_counted_over_the_end_of_a_year() -> None:
    assert Month(2026, 12).after() == Month(2027, 1)
    assert Month(2026, 1).after(-1) == Month(2025, 12)
    assert [str(Month(2026, n).quarter_begin()) for n in (1, 3, 4, 12)] == [
        "2026-01",
        "2026-01",
        "2026-04",
        "2026-10",
    ]
    leap = Month(2028, 2)
    assert leap.until_ms - leap.from_ms == 29 * 86_400_000


@pytest.mark.parametrize(
    "text", ["", "2026", "٢٠٢٦-١١", "2026-13", "2026-00", "26-11", "2026-11-01", "x"]
)
def test_an_invalid_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a month"):
        month_from(text)


MONDAY = Month(2026, 11).from_ms + 86_400_000  # 2026-11-02
HOUR = 3_600_000
WEEK = 7 * 24 * HOUR


def test_a_contract_without_office_hours_has_one_span() -> None:
    assert service_spans(PLAIN, 5, 7) == [(5, 7)]


def test_office_hours_repeat_every_week() -> None:
    spans = service_spans(OFFICE, MONDAY, MONDAY + WEEK)
    assert len(spans) == 10
    assert spans[:2] == [
        (MONDAY + 8 * HOUR, MONDAY + 12 * HOUR),
        (MONDAY + 13 * HOUR, MONDAY + 17 * HOUR),
    ]
    assert sum(end - begin for begin, end in spans) == 40 * HOUR


def test_holidays_have_no_office_hours() -> None:
    third = MONDAY + 2 * WEEK  # the week of 2026-11-20
    assert (
        sum(end - begin for begin, end in service_spans(OFFICE, third, third + WEEK)) == 32 * HOUR
    )


def test_office_hours_are_clipped_to_the_period_and_joined_over_midnight() -> None:
    assert service_spans(OFFICE, MONDAY + 9 * HOUR, MONDAY + 10 * HOUR) == [
        (MONDAY + 9 * HOUR, MONDAY + 10 * HOUR)
    ]
    assert service_spans(OFFICE, MONDAY, MONDAY + HOUR) == []
    night = msgspec.structs.replace(OFFICE, office_hours=("00:00-06:00", "22:00-24:00"))
    assert service_spans(night, MONDAY, MONDAY + 30 * HOUR)[1] == (
        MONDAY + 22 * HOUR,
        MONDAY + 30 * HOUR,
    )
