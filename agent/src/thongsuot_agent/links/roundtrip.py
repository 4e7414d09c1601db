"""
Round-trip times by the best available clock: the kernel's timestamps of packets, and a stopwatch.
"""

import socket
import time

import msgspec

from thongsuot_agent.proto import control
from thongsuot_schema.result import QualityFlag

NS_PER_S = 1_000_000_000

READ_AT_ONCE = 512
"""
Packets read from a socket in one turn of the event loop: more than a receive buffer of the kernel's
default size holds (212,992 bytes, at least 768 for each). Whoever sends faster than we read would
hold the loop, and with it the agent, for as long as that lasts.
"""

STEP_NS = 1_000_000
"""The wall clock stepped if it moved by more than this against the monotonic one while a packet was
in flight: slewing (500 ppm) moves it 0.5 ms a second."""

_SLACK_NS = 100_000
"""The kernel's round-trip time may exceed our own by at most this: the clocks are read one after
the other."""


class Stopwatch:
    """
    Times one packet; start it immediately before sending.

    The kernel's timestamps are preferred (Unix time; that of sending is given to
    ``note_departure``, or set as ``left_ns`` where no other packet's can come): they do not grow
    while the process waits for the CPU. If one is missing or implausible, or the wall clock stepped
    meanwhile, our own monotonic clock is used and the doubt is reported.
    """

    __slots__ = ("_offset_ns", "_started_ns", "left_ns")

    def __init__(self) -> None:
        self.left_ns: int | None = None
        self._offset_ns = wall_offset_ns()
        self._started_ns = time.monotonic_ns()

    def note_departure(self, stamp_ns: int) -> bool:
        """
        Take a timestamp of sending; return whether it can be this packet's.

        One from before the start is of an earlier packet with the same number: numbers restart when
        the kernel could not send, and a packet that waited for its neighbour's address, or in the
        queue of a slow line, is stamped after that.
        """
        if stamp_ns < self._started_ns + self._offset_ns - _SLACK_NS:
            return False
        self.left_ns = stamp_ns
        return True

    def stop(self, arrived_ns: int | None) -> tuple[int, frozenset[QualityFlag]]:
        """
        Return the round-trip time in ns and the doubts about it; ``arrived_ns`` is the kernel's
        timestamp.
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
    Wall minus monotonic time, read close together; an interrupted read is repeated.
    """
    while True:
        before_ns = time.monotonic_ns()
        wall_ns = time.time_ns()
        if time.monotonic_ns() - before_ns < _SLACK_NS:
            return wall_ns - before_ns


def keep_stamping() -> socket.socket:
    """
    Return a socket whose only purpose is that arriving packets get timestamps while it is open.

    The kernel sets timestamps only while some socket needs them, and enables that a few
    milliseconds after the request (net_enable_timestamp defers to a work queue): a socket opened
    for one query would usually get its response without a timestamp.
    """
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    opened.setsockopt(socket.SOL_SOCKET, control.SO_TIMESTAMPING, control.STAMP_ARRIVING)
    return opened


class TransmitTimestamp(msgspec.Struct, frozen=True, kw_only=True):
    """The kernel's timestamp of a sent packet: its number since its socket opened, Unix time."""

    number: int
    stamp_ns: int
