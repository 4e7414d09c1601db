"""Moments in the time of Vietnam."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from thongsuot_schema.words.dates import calendar_date, clock_time, local, moment, relative_moment

MORNING_S = datetime(2026, 11, 24, 2, 42, tzinfo=UTC).timestamp()
"""09:42 in Vietnam."""


def test_the_offset_is_that_of_ho_chi_minh_city() -> None:
    assert local(MORNING_S).utcoffset() == (
        datetime.fromtimestamp(MORNING_S, ZoneInfo("Asia/Ho_Chi_Minh")).utcoffset()
    )


def test_dates_are_day_month_year_and_hours_are_of_twenty_four() -> None:
    assert clock_time(MORNING_S) == "09:42"
    assert calendar_date(MORNING_S) == "24/11/2026"
    assert moment(MORNING_S + 8 * 3_600) == "24/11/2026 17:42"


def test_a_day_begins_at_midnight_in_vietnam_not_in_greenwich() -> None:
    midnight_s = datetime(2026, 11, 23, 17, 0, tzinfo=UTC).timestamp()
    assert moment(midnight_s) == "24/11/2026 00:00"
    assert relative_moment(midnight_s, MORNING_S, "vi") == "00:00"
    assert relative_moment(midnight_s - 60, MORNING_S, "vi") == "23:59 hôm qua"


def test_running_text_has_no_more_date_than_is_needed() -> None:
    assert relative_moment(MORNING_S, MORNING_S + 60, "vi") == "09:42"
    assert relative_moment(MORNING_S, MORNING_S + 86_400, "en") == "09:42 yesterday"
    assert relative_moment(MORNING_S, MORNING_S + 2 * 86_400, "vi") == "09:42 ngày 24/11/2026"
    assert relative_moment(MORNING_S, None, "en") == "09:42 on 24/11/2026"


def test_a_moment_after_now_is_given_with_its_date() -> None:
    assert relative_moment(MORNING_S + 86_400, MORNING_S, "vi") == "09:42 ngày 25/11/2026"


@given(st.floats(allow_nan=False, allow_infinity=True))
def test_no_clock_value_breaks_a_page(unix_s: float) -> None:
    assert len(moment(unix_s)) == len("24/11/2026 09:42")
