"""Figures as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_schema.words.figures import duration, milliseconds, number, percent


@pytest.mark.parametrize(
    ("rtt_s", "vi", "en"),
    [
        (0.035, "35 ms", "35 ms"),
        (0.0042, "4,2 ms", "4.2 ms"),
        (0.00996, "10 ms", "10 ms"),
        (0.9996, "1,0 giây", "1.0 s"),
        (2.34, "2,3 giây", "2.3 s"),
    ],
)
def test_a_round_trip_is_read_in_milliseconds_until_it_is_a_second(
    rtt_s: float, vi: str, en: str
) -> None:
    assert (milliseconds(rtt_s, "vi"), milliseconds(rtt_s, "en")) == (vi, en)


@pytest.mark.parametrize(
    ("ratio", "vi", "en"),
    [
        (0.0, "0 %", "0%"),
        (0.025, "2,5 %", "2.5%"),
        (0.1, "10 %", "10%"),
        (1.0, "100 %", "100%"),
        (0.0002, "< 0,1 %", "< 0.1%"),
        (0.9999, "> 99,9 %", "> 99.9%"),
    ],
)
def test_a_ratio_is_read_in_percent(ratio: float, vi: str, en: str) -> None:
    assert (percent(ratio, "vi"), percent(ratio, "en")) == (vi, en)


@given(st.floats(min_value=0, max_value=1, exclude_min=True, exclude_max=True))
def test_some_loss_is_never_read_as_none_and_never_as_all(ratio: float) -> None:
    assert percent(ratio, "vi") not in {"0 %", "100 %"}


@pytest.mark.parametrize(
    ("seconds", "vi", "en"),
    [
        (0, "0 giây", "0 seconds"),
        (1.9, "1 giây", "1 second"),
        (59, "59 giây", "59 seconds"),
        (60, "1 phút", "1 minute"),
        (3 * 60 + 59, "3 phút", "3 minutes"),
        (2 * 3600 + 5 * 60, "2 giờ 05 phút", "2 h 05 min"),
        (86_400, "1 ngày 0 giờ", "1 day 0 h"),
        (3 * 86_400 + 4 * 3600, "3 ngày 4 giờ", "3 days 4 h"),
        (-5, "0 giây", "0 seconds"),
    ],
)
def test_a_duration_is_read_in_its_two_largest_units(seconds: float, vi: str, en: str) -> None:
    assert (duration(seconds, "vi"), duration(seconds, "en")) == (vi, en)


def test_vietnamese_numbers_have_a_decimal_comma_and_dots_between_thousands() -> None:
    assert number(1_234_567.89, 1, "vi") == "1.234.567,9"
    assert number(1_234_567.89, 1, "en") == "1,234,567.9"
