"""How wrong the wall clock of this machine can be, as test packets say it."""

from thongsuot_runtime import kernel_clock
from thongsuot_schema.stamp.timestamp import UNKNOWN_ERROR, ErrorEstimate
from thongsuot_schema.stamp.tlv import SyncSource, TimestampInformation, TimestampMethod


def kernel_error() -> ErrorEstimate:
    """Return the kernel's word; unknown where the clock is not synchronised or may not be asked."""
    try:
        error_s = kernel_clock.read().error_s
    except OSError:
        return UNKNOWN_ERROR
    if error_s is None:
        return UNKNOWN_ERROR
    return ErrorEstimate(is_synchronised=True, error_s=error_s)


def known_of(error: ErrorEstimate) -> TimestampInformation:
    """Return what is said of a clock in an extension; NTP where the kernel's is synchronised."""
    source = SyncSource.NTP if error.is_synchronised else SyncSource.FREE_RUNNING
    return TimestampInformation(source=source, method=TimestampMethod.SOFTWARE)
