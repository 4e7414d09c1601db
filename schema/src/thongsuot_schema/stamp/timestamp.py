"""
Time stamps and error estimates of STAMP packets.

Source: RFC 8762, section 4.2.1; RFC 4656, section 4.1.2; RFC 8186 for the PTPv2 format.
"""

import math
from dataclasses import dataclass

NS_PER_S = 1_000_000_000

_NTP_BEFORE_UNIX_S = 2_208_988_800
_ERA_S = 1 << 32
_HALF_ERA_S = 1 << 31
_LARGEST_MULTIPLIER = 0xFF
_LARGEST_SCALE = 0x3F


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorEstimate:
    """
    Information of a timestamp's sender about its clock.

    ``error_s`` is ``None`` if it has no usable value (a multiplier of 0 is not allowed). ``is_ptp``
    determines the format of its timestamps: PTPv2 truncated instead of NTP.
    """

    is_synchronised: bool
    error_s: float | None
    is_ptp: bool = False


UNKNOWN_ERROR = ErrorEstimate(is_synchronised=False, error_s=None)
"""A clock with an unknown error."""


def ntp_timestamp(unix_ns: int) -> int:
    """Return Unix time as a 64-bit NTP time stamp."""
    seconds, rest_ns = divmod(unix_ns, NS_PER_S)
    fraction = (rest_ns << 32) // NS_PER_S
    return (seconds + _NTP_BEFORE_UNIX_S) % _ERA_S << 32 | fraction


def unix_ns_of_timestamp(stamp: int, *, is_ptp: bool = False) -> int:
    """
    Return Unix time of a 64-bit time stamp; NTP's second era begins in 2036.

    The PTPv2 format counts nanoseconds since 1970, by a clock that may be TAI: then it is 37 s off.
    """
    seconds, rest = stamp >> 32, stamp & 0xFFFFFFFF
    if is_ptp:
        return seconds * NS_PER_S + min(rest, NS_PER_S - 1)
    if seconds < _HALF_ERA_S:
        seconds += _ERA_S
    # Rounded to the nearest: a fraction is 0.23 ns.
    return (seconds - _NTP_BEFORE_UNIX_S) * NS_PER_S + (rest * NS_PER_S + (1 << 31) >> 32)


def pack_error_estimate(estimate: ErrorEstimate) -> int:
    """
    Return an error estimate as its 16 bits, never smaller than the value.

    An unknown error is the largest that can be written, 6.8e11 s.
    """
    multiplier, scale = _LARGEST_MULTIPLIER, _LARGEST_SCALE
    if estimate.error_s is not None:
        units = max(1, math.ceil(estimate.error_s * (1 << 32)))
        scale = max(0, units.bit_length() - 8)
        multiplier = -(-units >> scale)  # rounded up: an error is never made smaller
        if multiplier > _LARGEST_MULTIPLIER:
            scale, multiplier = scale + 1, multiplier + 1 >> 1
        scale = min(scale, _LARGEST_SCALE)
    return (
        estimate.is_synchronised << 15
        | estimate.is_ptp << 14
        | scale << 8
        | min(multiplier, _LARGEST_MULTIPLIER)
    )


def unpack_error_estimate(bits: int) -> ErrorEstimate:
    """Return the content of the 16 bits of an error estimate."""
    multiplier, scale = bits & 0xFF, bits >> 8 & 0x3F
    return ErrorEstimate(
        is_synchronised=bool(bits & 0x8000),
        error_s=multiplier * 2.0 ** (scale - 32) if multiplier else None,
        is_ptp=bool(bits & 0x4000),
    )
