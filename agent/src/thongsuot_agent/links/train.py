"""
Train: many numbered packets over UDP at a steady pace and the packets that return, with timestamps.
"""

import asyncio
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from thongsuot_agent.links.lateness import LATE_S, LATENESS
from thongsuot_agent.links.roundtrip import READ_AT_ONCE, STEP_NS, wall_offset_ns
from thongsuot_agent.proto import control

_BUFFER_BYTES = 1 << 14


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainSpec:
    """Number of packets, their spacing, and how long the last one waits for its answer."""

    count: int
    spacing_s: float
    timeout_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedDatagram:
    """
    A received datagram, its time (Unix time), and whether that is the kernel's timestamp (else our
    own).

    ``place`` is its position among all received ones.
    """

    data: bytes
    at_ns: int
    is_kernel_stamp: bool
    place: int


@dataclass(slots=True, kw_only=True)
class TrainResult:
    """
    The result of a train.

    ``left_ns`` is the time of sending of each packet (Unix time), by number; ``by_kernel`` are the
    numbers of those with a kernel timestamp. ``unsent`` counts packets that the kernel did not
    accept.
    """

    left_ns: dict[int, int] = field(default_factory=dict)
    by_kernel: set[int] = field(default_factory=set)
    received: list[ReceivedDatagram] = field(default_factory=list)
    unsent: int = 0
    error: OSError | None = None
    is_late: bool = False
    has_stepped: bool = False


async def run_train(
    opened: socket.socket, pace: TrainSpec, packet: Callable[[int, int], bytes], expected: int
) -> TrainResult:
    """
    Send a train on a connected, non-blocking UDP socket and collect the packets that return.

    ``packet`` builds the packet of a number and a time (Unix time). Ends early when ``expected``
    datagrams have arrived after the last was sent. An ICMP error is recorded in ``error``; it does
    not end the train: one router in trouble may lose one packet.
    """
    train = _TrainRun(opened, pace, packet, expected)
    return await train.run()


class _TrainRun:
    def __init__(
        self,
        opened: socket.socket,
        pace: TrainSpec,
        packet: Callable[[int, int], bytes],
        expected: int,
    ) -> None:
        self._socket = opened
        self._pace = pace
        self._packet = packet
        self._expected = expected
        # Copies are measured; a flood of them would fill the memory.
        self._most = 4 * expected + READ_AT_ONCE
        self._loop = asyncio.get_running_loop()
        self._complete = asyncio.Event()
        self._numbers: list[int] = []
        self._result = TrainResult()
        opened.setsockopt(socket.SOL_SOCKET, control.SO_TIMESTAMPING, control.STAMP_BOTH)

    async def run(self) -> TrainResult:
        result = self._result
        offset_ns = wall_offset_ns()
        self._loop.add_reader(self._socket, self._drain)
        try:
            await self._send_all()
            if len(result.received) < self._expected:
                await self._wait()
            # A packet that was not read in time may be in the buffer, with its timestamp.
            self._drain()
        finally:
            self._loop.remove_reader(self._socket)
        result.has_stepped = abs(wall_offset_ns() - offset_ns) > STEP_NS
        return result

    async def _send_all(self) -> None:
        begun_s = self._loop.time()
        for number in range(self._pace.count):
            # Relative to the start, not to the previous packet: one late timer must not stretch the
            # train, or the spacing that jitter is computed from would be ours.
            due_s = begun_s + number * self._pace.spacing_s
            await asyncio.sleep(due_s - self._loop.time())
            self._note_late(self._loop.time() - due_s)
            self._send(number)

    async def _wait(self) -> None:
        due_s = self._loop.time() + self._pace.timeout_s
        try:
            async with asyncio.timeout_at(due_s):
                await self._complete.wait()
        except TimeoutError:
            self._note_late(self._loop.time() - due_s)

    def _note_late(self, late_s: float) -> None:
        LATENESS.note(late_s)
        self._result.is_late = self._result.is_late or late_s > LATE_S

    def _send(self, number: int) -> None:
        now_ns = time.time_ns()
        try:
            self._socket.send(self._packet(number, now_ns))
        except OSError as error:
            self._result.unsent += 1
            self._result.error = error
            return
        self._numbers.append(number)
        self._result.left_ns[number] = now_ns

    def _drain(self) -> None:
        self._take_stamps()
        for _ in range(READ_AT_ONCE):
            if len(self._result.received) >= self._most:
                self._loop.remove_reader(self._socket)
                return
            try:
                data, ancillary, _, _ = self._socket.recvmsg(_BUFFER_BYTES, control.SPACE_BYTES)
            except BlockingIOError:
                return
            except OSError as error:
                self._result.error = error
                continue
            stamp_ns = control.parse(ancillary).stamp_ns
            received = self._result.received
            received.append(
                ReceivedDatagram(
                    data=data,
                    at_ns=time.time_ns() if stamp_ns is None else stamp_ns,
                    is_kernel_stamp=stamp_ns is not None,
                    place=len(received),
                )
            )
            if len(received) >= self._expected:
                self._complete.set()

    def _take_stamps(self) -> None:
        while True:
            try:
                _, ancillary, _, _ = self._socket.recvmsg(
                    0, control.SPACE_BYTES, socket.MSG_ERRQUEUE
                )
            except BlockingIOError:
                return
            ancillary_data = control.parse(ancillary)
            if ancillary_data.error is None or ancillary_data.error.origin != control.ORIGIN_STAMP:
                continue
            # A packet that was not accepted may have used up a number (kernels differ): then the
            # kernel's timestamps cannot be assigned, and ours are kept.
            if (
                ancillary_data.stamp_ns is None
                or self._result.unsent
                or ancillary_data.error.data >= len(self._numbers)
            ):
                continue
            number = self._numbers[ancillary_data.error.data]
            self._result.left_ns[number] = ancillary_data.stamp_ns
            self._result.by_kernel.add(number)
