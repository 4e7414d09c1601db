"""
Frames in and out of an interface, whole: raw packet sockets with offload headers.

A frame travels with the ten-byte ``virtio_net_hdr`` in front of it, so that a large segment stays
one frame and an unfinished checksum stays marked as unfinished; without it, TCP through the wire
would be cut or dropped (packet(7); virtio 1.2, section 5.1.6).
"""

import socket
import struct
import time
from typing import Final

SOL_PACKET: Final = 263
PACKET_VNET_HDR: Final = 15
PACKET_IGNORE_OUTGOING: Final = 23
SO_TIMESTAMPNS: Final = 35
SO_RCVBUFFORCE: Final = 33
ETH_P_ALL: Final = 3
OFFLOAD_HEADER_BYTES: Final = 10
# A segment of 64 KiB, its headers, and room to spare; the kernel sends no larger frame.
FRAME_BYTES: Final = 72 * 1024
QUEUE_BYTES: Final = 4 << 20
_TIMESPEC = struct.Struct("@qq")


def packet_socket(interface: str) -> socket.socket:
    """
    A non-blocking socket that sees every frame that enters by an interface, and sends by it.

    Raises:
        OSError: no such interface here, or no CAP_NET_RAW.
    """
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    try:
        sock.setblocking(False)
        sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        try:
            sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, QUEUE_BYTES)
        except PermissionError:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, QUEUE_BYTES)
        # Bound only now, so that no frame is seen without its offload header.
        sock.bind((interface, ETH_P_ALL))
    except OSError:
        sock.close()
        raise
    return sock


def read_frame(sock: socket.socket, buffer: bytearray) -> tuple[bytes, int]:
    """
    The next frame, offload header first, and when it entered, on the monotonic clock in ns.

    The kernel stamps arrival, so a late wake-up of this process does not lengthen the wire.

    Raises:
        BlockingIOError: none is waiting.
        OSError: ENETDOWN, once, after the interface went down.
    """
    size, ancillary, _, _ = sock.recvmsg_into((buffer,), 64)
    now_ns = time.monotonic_ns()
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            age_ns = time.time_ns() - (seconds * 1_000_000_000 + nanoseconds)
            # A stepped wall clock would make nonsense of the age: then arrival is now.
            if 0 <= age_ns < 1_000_000_000:
                now_ns -= age_ns
    return bytes(memoryview(buffer)[:size]), now_ns
