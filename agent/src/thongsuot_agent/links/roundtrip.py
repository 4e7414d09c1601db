"""Round trips by the best clock there is: the kernel's stamps of packets, and the stopwatch."""

import socket
import time
from dataclasses import dataclass

from thongsuot_agent.proto import control
from thongsuot_schema.result import QualityFlag

NS_PER_S = 1_000_000_000

STEP_NS = 1_000_000
"""A wall clock that moved by more than this against the monotonic one while a packet was under way
stepped: slewing (500 ppm) moves it 0.5 ms a second."""

_SLACK_NS = 100_000
"""A round trip by the kernel may not exceed the one seen from outside by more: the clocks are read
one after the other."""


class Stopwatch:
    """
    Times one packet; started immediately before it is sent.

    Kernel stamps (Unix time, set ``left_ns`` when the one of leaving is known) are preferred: they
    do not grow when the process waits for the CPU. Where one is missing or makes no sense, or the
    wall clock stepped meanwhile, our own monotonic clock is used and the doubt is named.
    """

    __slots__ = ("_offset_ns", "_started_ns", "left_ns")

    def __init__(self) -> None:
        self.left_ns: int | None = None
        self._offset_ns = wall_offset_ns()
        self._started_ns = time.monotonic_ns()

    def stop(self, arrived_ns: int | None) -> tuple[int, frozenset[QualityFlag]]:
        """
        Return the round trip in ns and the doubts about it; ``arrived_ns`` is the kernel's stamp.
        """
        outside_ns = time.monotonic_ns() - self._started_ns
        if abs(wall_offset_ns() - self._offset_ns) > STEP_NS:
            return outside_ns, frozenset({QualityFlag.CLOCK_STEPPED, QualityFlag.SOFTWARE_STAMP})
        if self.left_ns is not None and arrived_ns is not None:
            inside_ns = arrived_ns - self.left_ns
            if 0 <= inside_ns <= outside_ns + _SLACK_NS:
                return inside_ns, frozenset()
        return outside_ns, frozenset({QualityFlag.SOFTWARE_STAMP})


def wall_offset_ns() -> int:
    """
    Wall against monotonic time, read closely together; a read that was interrupted is repeated.
    """
    while True:
        before_ns = time.monotonic_ns()
        wall_ns = time.time_ns()
        if time.monotonic_ns() - before_ns < _SLACK_NS:
            return wall_ns - before_ns


def keep_stamping() -> socket.socket:
    """
    Return a socket that does nothing but keep arriving packets stamped while it is open.

    The kernel stamps them only while some socket asks for it, and turns that on a few milliseconds
    after it is asked (net_enable_timestamp defers to a work queue): a socket that is opened for one
    question would mostly find its answer unstamped.
    """
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setsockopt(socket.SOL_SOCKET, control.SO_TIMESTAMPING, control.STAMP_ARRIVING)
    return opened


@dataclass(frozen=True, slots=True, kw_only=True)
class TransmitTimestamp:
    """The kernel's stamp of a packet leaving: its number since its socket opened, Unix time."""

    number: int
    stamp_ns: int
