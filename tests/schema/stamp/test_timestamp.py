import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_schema.stamp.timestamp import (
    UNKNOWN_ERROR,
    ErrorEstimate,
    ntp_timestamp,
    pack_error_estimate,
    unix_ns_of_timestamp,
    unpack_error_estimate,
)


def test_the_first_second_of_1970_is_where_rfc_868_says() -> None:
    assert ntp_timestamp(0) == 2_208_988_800 << 32
    assert ntp_timestamp(500_000_000) == (2_208_988_800 << 32) + (1 << 31)


def test_the_second_era_follows_the_first() -> None:
    """2036-02-07 06:28:16 UTC; RFC 5905, section 6."""
    turn_ns = 2_085_978_496 * 10**9
    assert ntp_timestamp(turn_ns) == 0
    assert unix_ns_of_timestamp(0) == turn_ns
    assert unix_ns_of_timestamp(ntp_timestamp(turn_ns - 10**9)) == turn_ns - 10**9


@given(st.integers(min_value=0, max_value=4_000_000_000 * 10**9))
def test_a_stamp_keeps_the_nanosecond(unix_ns: int) -> None:
    assert abs(unix_ns_of_timestamp(ntp_timestamp(unix_ns)) - unix_ns) <= 1


def test_a_ptp_stamp_counts_nanoseconds() -> None:
    assert (
        unix_ns_of_timestamp(1_700_000_000 << 32 | 999_999_999, is_ptp=True)
        == 1_700_000_000_999_999_999
    )


def test_an_error_estimate_has_the_layout_of_rfc_4656() -> None:
    estimate = unpack_error_estimate(0b1_0_010100_00000011)
    assert estimate.is_synchronised
    assert not estimate.is_ptp
    assert estimate.error_s == 3 * 2.0 ** (20 - 32)
    assert (
        pack_error_estimate(estimate) == 0b1_0_001110_11000000
    )  # the same, written with more digits
    assert unpack_error_estimate(0x4001).is_ptp


def test_a_multiplier_of_0_says_nothing() -> None:
    assert unpack_error_estimate(0x8500) == ErrorEstimate(is_synchronised=True, error_s=None)


def test_an_unknown_error_is_not_synchronised_and_enormous() -> None:
    bits = pack_error_estimate(UNKNOWN_ERROR)
    assert not bits & 0x8000
    assert bits & 0xFF
    assert (unpack_error_estimate(bits).error_s or 0.0) > 1e9


@given(st.floats(min_value=0, max_value=1e9), st.booleans(), st.booleans())
def test_an_error_is_written_no_smaller_and_hardly_larger(
    error_s: float, is_synchronised: bool, is_ptp: bool
) -> None:
    estimate = ErrorEstimate(is_synchronised=is_synchronised, error_s=error_s, is_ptp=is_ptp)
    read = unpack_error_estimate(pack_error_estimate(estimate))
    assert (read.is_synchronised, read.is_ptp) == (is_synchronised, is_ptp)
    assert read.error_s is not None
    assert error_s * (1 - 1e-12) <= read.error_s <= error_s * 1.01 + 2.0**-31


@pytest.mark.parametrize(
    ("bits", "read"),
    [
        (0x0000, ErrorEstimate(is_synchronised=False, error_s=None)),
        (0xFFFF, ErrorEstimate(is_synchronised=True, error_s=0xFF * 2.0**31, is_ptp=True)),
        (0x3FFF, ErrorEstimate(is_synchronised=False, error_s=0xFF * 2.0**31)),
        (0x0001, ErrorEstimate(is_synchronised=False, error_s=2.0**-32)),
        (0x8000, ErrorEstimate(is_synchronised=True, error_s=None)),
        (0x4003, ErrorEstimate(is_synchronised=False, error_s=3 * 2.0**-32, is_ptp=True)),
    ],
)
def test_bits_say_flags_scale_and_multiplier(bits: int, read: ErrorEstimate) -> None:
    assert unpack_error_estimate(bits) == read


@given(st.integers(0, 0xFFFF))
def test_any_bits_are_written_again_as_they_were_read(bits: int) -> None:
    read = unpack_error_estimate(bits)
    assert unpack_error_estimate(pack_error_estimate(read)) == read or read.error_s is None
