"""How wrong the wall clock of this machine can be, as its kernel states it (adjtimex(2))."""

import ctypes

from thongsuot_schema.stamp.timestamp import UNKNOWN_ERROR, ErrorEstimate
from thongsuot_schema.stamp.tlv import SyncSource, TimestampInformation, TimestampMethod

_STA_UNSYNC = 0x0040
_TIME_ERROR = 5
_US_PER_S = 1_000_000


class _Timex(ctypes.Structure):
    """struct timex of Linux as far as it is read; the kernel writes the rest."""

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


_libc = ctypes.CDLL(None, use_errno=True)


def kernel_error() -> ErrorEstimate:
    """Return the kernel's word; unknown where the clock is not synchronised or may not be asked."""
    timex = _Timex(modes=0)
    state = int(_libc.adjtimex(ctypes.byref(timex)))
    if state < 0 or state == _TIME_ERROR or timex.status & _STA_UNSYNC:
        return UNKNOWN_ERROR
    return ErrorEstimate(is_synchronised=True, error_s=timex.maxerror / _US_PER_S)


def known_of(error: ErrorEstimate) -> TimestampInformation:
    """Return what is said of a clock in an extension; NTP where the kernel's is synchronised."""
    source = SyncSource.NTP if error.is_synchronised else SyncSource.FREE_RUNNING
    return TimestampInformation(source=source, method=TimestampMethod.SOFTWARE)
