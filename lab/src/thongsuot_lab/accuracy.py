"""
Accuracy of the lab's wires: the requested delay and loss against the kernel's own timestamps.

A tap at either end of one wire stamps the same numbered datagrams as they leave and as they arrive,
on one clock, so the difference is the wire. Losses are counted at the far end and compared with the
wire's own loss counter.
"""

import socket
import struct
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypedDict

from thongsuot_lab.lab import Lab
from thongsuot_lab.node import RunningNode
from thongsuot_lab.spaces.enter import set_sysctls
from thongsuot_lab.topology import small
from thongsuot_lab.topology.model import Impairment
from thongsuot_lab.wires.packet import ETH_P_ALL, SO_RCVBUFFORCE, SO_TIMESTAMPNS

MAGIC: Final = b"thongsuot-lab-accuracy"
NUMBER: Final = struct.Struct("!I")
TIMESPEC: Final = struct.Struct("@qq")
DATAGRAM_BYTES: Final = 100
# How long the last datagram may take before it counts as lost.
LAST_DATAGRAM_S: Final = 0.5
RECEIVE_TIMEOUT_S: Final = 10.0
FAMILIES: Final = {
    "v4": (socket.AF_INET, small.RIGHT_V4),
    "v6": (socket.AF_INET6, small.RIGHT_V6),
}


class DelayErrorStats(TypedDict):
    """Statistics of the differences between requested and measured one-way delay, in seconds."""

    asked_s: float
    family: str
    frames: int
    error_p50_s: float
    error_p99_s: float
    error_max_s: float


class LossStats(TypedDict):
    """Counts of datagrams sent over a wire with loss."""

    asked_ratio: float
    sent: int
    missing: int
    lost_by_wire: int


@dataclass(frozen=True, slots=True)
class DatagramTimes:
    """When one datagram left and when it arrived; None if it never did. Seconds, one clock."""

    left_s: float
    arrived_s: float | None


@contextmanager
def _tap(node: RunningNode) -> Iterator[socket.socket]:
    sock = node.socket(socket.AF_PACKET, socket.SOCK_RAW)
    with sock:
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        sock.bind(("eth0", ETH_P_ALL))
        yield sock


def _read_timestamps(tap: socket.socket, into: dict[int, float]) -> None:
    """
    Return the timestamps of our datagrams that the tap saw; the first timestamp of each number
    counts.
    """
    while True:
        try:
            frame, ancillary, _, _ = tap.recvmsg(2048, 64)
        except BlockingIOError:
            return
        at = frame.find(MAGIC)
        if at >= 0:
            (number,) = NUMBER.unpack_from(frame, at + len(MAGIC))
            seconds, nanoseconds = TIMESPEC.unpack(ancillary[0][2])
            into.setdefault(number, seconds + nanoseconds / 1e9)


def send_through(lab: Lab, family: str, count: int, gap_s: float) -> list[DatagramTimes]:
    """
    Send numbered datagrams from ``left`` to ``right`` of a pair and return the times of each one.
    """
    kind, address = FAMILIES[family]
    left, right = lab.node("left"), lab.node("right")
    leaving: dict[int, float] = {}
    arriving: dict[int, float] = {}
    with (
        right.socket(kind, socket.SOCK_DGRAM) as receiver,
        left.socket(kind, socket.SOCK_DGRAM) as sender,
        _tap(left) as near,
        _tap(right) as far,
    ):
        receiver.bind((address, 0))
        sender.connect(receiver.getsockname())
        for number in range(count):
            datagram = MAGIC + NUMBER.pack(number)
            sender.send(datagram.ljust(DATAGRAM_BYTES, b"\0"))
            time.sleep(gap_s)
            _read_timestamps(near, leaving)
            _read_timestamps(far, arriving)
        # Until all have arrived, or until the last one would have arrived if it was not lost.
        deadline_s = time.monotonic() + LAST_DATAGRAM_S
        while len(arriving) < count and time.monotonic() < deadline_s:
            time.sleep(0.005)
            _read_timestamps(far, arriving)
        _read_timestamps(near, leaving)
    return [
        DatagramTimes(left_s, arriving.get(number)) for number, left_s in sorted(leaving.items())
    ]


def learn_neighbours(lab: Lab, family: str) -> None:
    """
    Let the two ends learn each other's link address.

    Raises:
        TimeoutError: no datagram arrives at the other end.
    """
    kind, address = FAMILIES[family]
    with (
        lab.node("right").socket(kind, socket.SOCK_DGRAM) as receiver,
        lab.node("left").socket(kind, socket.SOCK_DGRAM) as sender,
    ):
        receiver.bind((address, 0))
        receiver.settimeout(RECEIVE_TIMEOUT_S)
        sender.connect(receiver.getsockname())
        sender.send(b"hello")
        receiver.recv(100)


def delay_stats(asked_s: float, family: str, passages: Sequence[DatagramTimes]) -> DelayErrorStats:
    """Summarize the passages over a wire that was configured with this delay."""
    errors = sorted(
        passage.arrived_s - passage.left_s - asked_s
        for passage in passages
        if passage.arrived_s is not None
    )
    return DelayErrorStats(
        asked_s=asked_s,
        family=family,
        frames=len(errors),
        error_p50_s=errors[len(errors) // 2],
        error_p99_s=errors[int(len(errors) * 0.99)],
        error_max_s=errors[-1],
    )


def measure_delay(
    asked_s: float, family: str, *, count: int = 200, gap_s: float = 0.005
) -> DelayErrorStats:
    """Return the error of one delay setting; each datagram finds the wire idle."""
    with Lab(small.pair(Impairment(delay_s=asked_s))) as lab:
        learn_neighbours(lab, family)
        passages = send_through(lab, family, count, gap_s)
    return delay_stats(asked_s, family, passages)


def measure_loss(asked_ratio: float, *, count: int = 5000) -> LossStats:
    """
    Return the datagrams missing at the far end, and those that the wire counted as lost meanwhile.
    """
    with Lab(small.pair(Impairment(delay_s=0.001))) as lab:
        # Only our datagrams may use the wire, otherwise the counts could differ.
        set_sysctls(lab.node("left").network, {"net.ipv6.conf.all.disable_ipv6": "1"})
        learn_neighbours(lab, "v4")
        _pin_neighbour(lab.node("left"))
        lab.impair("left--right", Impairment(loss_ratio=asked_ratio))
        passages = send_through(lab, "v4", count, 0.0001)
        lost = lab.wires_report().wires["left--right"].a_to_b.lost
    missing = sum(passage.arrived_s is None for passage in passages)
    return LossStats(
        asked_ratio=asked_ratio, sent=len(passages), missing=missing, lost_by_wire=lost
    )


def _pin_neighbour(left: RunningNode) -> None:
    words = left.run(["ip", "neigh", "show", small.RIGHT_V4]).stdout.split()
    address = words[words.index("lladdr") + 1]
    left.ip(f"neigh replace {small.RIGHT_V4} lladdr {address} dev eth0 nud permanent")


def cpu_s_per_frame(*, count: int = 1000, gap_s: float = 0.002) -> float:
    """Return the CPU seconds that the process of the wires spends on one frame of an idle wire."""
    with Lab(small.pair(Impairment(delay_s=0.005))) as lab:
        learn_neighbours(lab, "v4")
        before_s = lab.wires_report().cpu_s
        send_through(lab, "v4", count, gap_s)
        return (lab.wires_report().cpu_s - before_s) / count


def report_lines() -> Iterator[str]:
    """Measure everything and yield printable lines."""
    with Lab(small.pair()) as lab:
        report = lab.wires_report()
        yield f"mechanism: {report.mechanism}, {report.priority} priority"
    for asked_s in (0.0015, 0.0075, 0.020, 0.150):
        for family in FAMILIES:
            delay = measure_delay(asked_s, family)
            p50, p99, worst = (
                f"{delay[name] * 1e6:4.0f}"
                for name in ("error_p50_s", "error_p99_s", "error_max_s")
            )
            yield (
                f"delay {asked_s * 1e3:5.1f} ms {family}: error p50 {p50} p99 {p99} max {worst} us"
                f" ({delay['frames']} frames)"
            )
    for asked_ratio in (0.01, 0.1):
        loss = measure_loss(asked_ratio)
        yield (
            f"loss {asked_ratio:4.0%}: {loss['missing']} of {loss['sent']} missing,"
            f" the wire counted {loss['lost_by_wire']}"
        )
    yield f"CPU a frame: {cpu_s_per_frame() * 1e6:.0f} us"
