"""Months of Vietnam, to the millisecond."""

from datetime import UTC, datetime

import pytest

from thongsuot_collector.sla.month import Month, month_at, month_from


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


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-00", "26-11", "2026-11-01", "x"])
def test_what_is_no_month_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a month"):
        month_from(text)
