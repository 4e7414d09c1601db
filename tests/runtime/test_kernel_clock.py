import ctypes

from thongsuot_runtime import kernel_clock


def test_an_error_is_known_exactly_where_the_clock_is_synchronised() -> None:
    clock = kernel_clock.read()
    assert clock.is_synchronised == (clock.error_s is not None)
    assert clock.error_s is None or clock.error_s >= 0


def test_the_kernel_clock_agrees_with_the_c_library() -> None:
    """ntp_gettime(3) is the C library's own call for the same numbers."""

    class NtpTime(ctypes.Structure):
        _fields_ = (
            ("seconds", ctypes.c_long),
            ("microseconds", ctypes.c_long),
            ("maxerror", ctypes.c_long),
            ("rest", ctypes.c_byte * 256),
        )

    kernel_time = NtpTime()
    state = int(ctypes.CDLL(None).ntp_gettime(ctypes.byref(kernel_time)))
    clock = kernel_clock.read()
    is_in_error = state == 5  # TIME_ERROR
    assert not (is_in_error and clock.is_synchronised)
    if clock.error_s is not None:
        # The kernel lets its bound grow by 500 ppm between two questions.
        assert abs(clock.error_s - kernel_time.maxerror / 1e6) < 0.1
