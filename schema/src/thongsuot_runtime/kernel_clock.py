"""
The kernel's state of its wall clock: synchronised or not, and its largest error (adjtimex(2)).
"""

import ctypes
import os
from dataclasses import dataclass

_STA_UNSYNC = 0x0040
_TIME_ERROR = 5
_US_PER_S = 1_000_000


class _Timex(ctypes.Structure):
    """
    struct timex of Linux; the fields after ``status`` are not read, but the kernel writes them.
    """

    _fields_ = (
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("rest", ctypes.c_byte * 256),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class KernelClock:
    """``error_s`` is the kernel's own bound, ``None`` while the clock is not synchronised."""

    is_synchronised: bool
    error_s: float | None


_libc = ctypes.CDLL(None, use_errno=True)


def read() -> KernelClock:
    """
    Query the kernel, which needs no privilege.

    Raises:
        OSError: the system call is not allowed here (a seccomp filter).
    """
    timex = _Timex(modes=0)
    state = int(_libc.adjtimex(ctypes.byref(timex)))
    if state < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    synchronised = state != _TIME_ERROR and not timex.status & _STA_UNSYNC
    error_s = timex.maxerror / _US_PER_S if synchronised else None
    return KernelClock(is_synchronised=synchronised, error_s=error_s)
