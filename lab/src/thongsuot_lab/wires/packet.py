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
PACKET_AUXDATA: Final = 8
ETH_P_8021Q: Final = 0x8100
ANCILLARY_BYTES: Final = 128
_TIMESPEC = struct.Struct("@qq")
_AUXDATA = struct.Struct("@IIIHHHH")
_VLAN_VALID = 0x10
_OFFLOAD = struct.Struct("=BBHHHH")
_NEEDS_CHECKSUM = 1
_ADDRESSES_BYTES = 12
_TAG_BYTES = 4


def packet_socket(interface: str, *options: int) -> socket.socket:
    """
    Return a non-blocking socket that receives every frame arriving at an interface, and sends over
    it.

    ``options`` are those of packet(7) to enable, such as ``PACKET_AUXDATA``.

    Raises:
        OSError: no such interface here, or no CAP_NET_RAW.
    """
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    try:
        sock.setblocking(False)
        for option in (PACKET_IGNORE_OUTGOING, *options):
            sock.setsockopt(SOL_PACKET, option, 1)
        # Bound only now, so that no frame is received without what the options add to it.
        sock.bind((interface, ETH_P_ALL))
    except OSError:
        sock.close()
        raise
    return sock


def wire_socket(interface: str) -> socket.socket:
    """
    Return a packet socket whose frames carry offload headers, arrival times and VLAN tags.

    Raises:
        OSError: no such interface here, or no CAP_NET_RAW.
    """
    sock = packet_socket(interface, PACKET_VNET_HDR, PACKET_AUXDATA)
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        try:
            sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, QUEUE_BYTES)
        except PermissionError:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, QUEUE_BYTES)
    except OSError:
        sock.close()
        raise
    return sock


def read_frame(sock: socket.socket, buffer: bytearray) -> tuple[bytes, int]:
    """
    Return the next frame, offload header first, and its arrival on the monotonic clock in ns.

    The kernel timestamps arrival, so a late wake-up of this process does not lengthen the delay.

    Raises:
        BlockingIOError: none is waiting.
        OSError: ENETDOWN, once, after the interface went down.
    """
    size, ancillary, _, _ = sock.recvmsg_into((buffer,), ANCILLARY_BYTES)
    frame = bytes(memoryview(buffer)[:size])
    tag = tag_of(ancillary)
    if tag is not None:
        frame = _with_offload(frame[:OFFLOAD_HEADER_BYTES]) + with_tag(
            frame[OFFLOAD_HEADER_BYTES:], tag
        )
    now_ns = time.monotonic_ns()
    for level, kind, data in ancillary:
        if level == socket.SOL_SOCKET and kind == SO_TIMESTAMPNS:
            seconds, nanoseconds = _TIMESPEC.unpack(data)
            age_ns = time.time_ns() - (seconds * 1_000_000_000 + nanoseconds)
            # A step of the wall clock would make the age meaningless: then arrival is now.
            if 0 <= age_ns < 1_000_000_000:
                now_ns -= age_ns
    return frame, now_ns


def tag_of(ancillary: list[tuple[int, int, bytes]]) -> int | None:
    """
    Return the VLAN tag of a received frame, priority and all; ``None`` where it had none.

    The kernel removes the tag from a frame and reports it separately (packet(7), PACKET_AUXDATA).
    """
    for level, kind, data in ancillary:
        if level == SOL_PACKET and kind == PACKET_AUXDATA:
            status, _, _, _, _, tag, _ = _AUXDATA.unpack_from(data)
            return tag if status & _VLAN_VALID else None
    return None


def with_tag(frame: bytes, tag: int) -> bytes:
    """Return a frame with an 802.1Q tag behind its addresses."""
    return frame[:_ADDRESSES_BYTES] + struct.pack("!HH", ETH_P_8021Q, tag) + frame[12:]


def _with_offload(header: bytes) -> bytes:
    """Return an offload header whose offsets include the tag."""
    flags, gso, header_bytes, gso_bytes, start, offset = _OFFLOAD.unpack(header)
    grown = header_bytes + _TAG_BYTES if header_bytes else 0
    start += _TAG_BYTES if flags & _NEEDS_CHECKSUM else 0
    return _OFFLOAD.pack(flags, gso, grown, gso_bytes, start, offset)
