"""
The process that carries a lab's wires.

One loop for all of them. It sleeps until a frame arrives or is due, to the microsecond (select(2)
on the epoll descriptor: epoll_wait alone counts in milliseconds), and asks for real-time priority,
so that load on the machine does not become latency in the lab. It never busy-waits.

Arguments: control socket, ``netem`` or ``userspace``. The wires themselves come as a request.
"""

import gc
import heapq
import os
import random
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from pathlib import Path

from thongsuot_lab import control
from thongsuot_lab.wires.link_emulator import LinkEmulator
from thongsuot_lab.wires.packet import (
    FRAME_BYTES,
    OFFLOAD_HEADER_BYTES,
    read_frame,
    wire_socket,
)
from thongsuot_lab.wires.wire_controller import WireController

# Frames taken from one interface before the others have their turn.
FRAMES_PER_TURN = 32
NS = 1_000_000_000


class FrameForwarder:
    """Frames in transit, and the sockets that they arrive and leave by."""

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self._routes: dict[int, tuple[socket.socket, socket.socket, LinkEmulator]] = {}
        self._under_way: list[tuple[int, int, socket.socket, bytes]] = []
        self._sequence = 0
        self._buffer = bytearray(FRAME_BYTES)
        self._listener: socket.socket | None = None
        self._asking: dict[int, socket.socket] = {}
        self.unsent = 0
        self.random = random.Random()

    def carry(self, a: str, b: str, a_to_b: LinkEmulator, b_to_a: LinkEmulator) -> tuple[int, int]:
        """Take over the frames between two middles; returns a handle for ``release``."""
        sock_a, sock_b = wire_socket(a), wire_socket(b)
        for source, sink, line in ((sock_a, sock_b, a_to_b), (sock_b, sock_a, b_to_a)):
            self._routes[source.fileno()] = (source, sink, line)
            self._epoll.register(source.fileno(), select.EPOLLIN)
        return (sock_a.fileno(), sock_b.fileno())

    def release(self, handle: tuple[int, int]) -> None:
        """
        Return the frames to the kernel; those in transit are lost, as on a wire that is unplugged.
        """
        gone = [self._routes.pop(descriptor)[0] for descriptor in handle]
        self._under_way = [entry for entry in self._under_way if entry[2] not in gone]
        heapq.heapify(self._under_way)
        for sock in gone:
            self._epoll.unregister(sock.fileno())
            sock.close()

    def run(self, listener: socket.socket, board: WireController) -> None:
        """Carry frames and answer requests until the process is terminated."""
        self._listener = listener
        self._epoll.register(listener.fileno(), select.EPOLLIN)
        waiting_on = [self._epoll.fileno()]
        while True:
            timeout_s: float | None = None
            if self._under_way:
                timeout_s = max(0.0, (self._under_way[0][0] - time.monotonic_ns()) / NS)
            if timeout_s is None or timeout_s > 0:
                select.select(waiting_on, (), (), timeout_s)
            for descriptor, _ in self._epoll.poll(0):
                self._ready(descriptor, board)
            self._deliver()

    def _ready(self, descriptor: int, board: WireController) -> None:
        route = self._routes.get(descriptor)
        if route is not None:
            self._receive(*route)
        elif self._listener is not None and descriptor == self._listener.fileno():
            with suppress(BlockingIOError):
                connection, _ = self._listener.accept()
                connection.setblocking(False)
                self._asking[connection.fileno()] = connection
                self._epoll.register(connection.fileno(), select.EPOLLIN)
        elif descriptor in self._asking:
            self._epoll.unregister(descriptor)
            control.serve_connection(self._asking.pop(descriptor), board.handle)

    def _receive(self, source: socket.socket, sink: socket.socket, line: LinkEmulator) -> None:
        for _ in range(FRAMES_PER_TURN):
            try:
                frame, arrived_ns = read_frame(source, self._buffer)
            except BlockingIOError:
                return
            except OSError:
                # The wire was cut: the interface is down, which is reported once.
                return
            due_ns = line.due_ns(arrived_ns, len(frame) - OFFLOAD_HEADER_BYTES)
            if due_ns is not None:
                self._sequence += 1
                heapq.heappush(self._under_way, (due_ns, self._sequence, sink, frame))

    def _deliver(self) -> None:
        under_way = self._under_way
        while under_way and under_way[0][0] <= time.monotonic_ns():
            _, _, sink, frame = heapq.heappop(under_way)
            try:
                sink.send(frame)
            except OSError:
                # Cut while the frame was in transit, or a full queue below: lost like on any wire.
                self.unsent += 1


def request_realtime() -> str:
    """Request real-time priority; return what was granted."""
    # Without real-time priority the kernel may deliberately wake a sleeper 50 us late.
    with suppress(OSError):
        Path("/proc/self/timerslack_ns").write_text("1000")
    try:
        policy = os.SCHED_FIFO | os.SCHED_RESET_ON_FORK
        os.sched_setscheduler(0, policy, os.sched_param(1))
    except PermissionError:
        return "normal"
    return "real-time"


def main() -> None:
    """Carry the wires of one lab; see the module's docstring for the arguments."""
    path, mechanism = Path(sys.argv[1]), sys.argv[2]
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    priority = request_realtime()
    # No reference cycles are made here, and a garbage collection would be a pause.
    gc.disable()
    lines = FrameForwarder()
    board = WireController(lines, mechanism=mechanism, priority=priority)
    with control.listener(path) as listener:
        print("ready", flush=True)
        lines.run(listener, board)


if __name__ == "__main__":
    main()
