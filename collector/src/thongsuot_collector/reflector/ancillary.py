"""Ancillary data of a datagram: its time of arrival, destination address and hop limit."""

import socket
from collections.abc import Iterable
from dataclasses import dataclass
from struct import Struct

from thongsuot_collector.errors import CollectorError

SPACE_BYTES = 256
"""Buffer size for all requested messages."""

_SO_TIMESTAMPING = 37
_STAMP_ARRIVING = 1 << 3 | 1 << 4  # SOF_TIMESTAMPING_RX_SOFTWARE and _SOFTWARE
_IP_TTL, _IP_PKTINFO, _IP_RECVTTL = 2, 8, 12
_IPV6_RECVPKTINFO, _IPV6_PKTINFO, _IPV6_RECVHOPLIMIT, _IPV6_HOPLIMIT = 49, 50, 51, 52

_TIMESPEC = Struct("=qq")
_INT = Struct("=i")
_INFO4 = Struct("=i4s4s")
_INFO6 = Struct("=16si")
_NS_PER_S = 1_000_000_000

Message = tuple[int, int, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class AncillaryData:
    """
    ``stamp_ns`` is Unix time, ``None`` without a kernel time stamp. ``way_back`` is the control
    message that makes an answer leave from the destination address of the request.
    """

    stamp_ns: int | None
    hop_limit: int | None
    way_back: tuple[Message, ...]


def open_socket(host: str, port: int) -> socket.socket:
    """
    Return a bound, non-blocking UDP socket whose datagrams have the data for ``read_ancillary``.

    Raises:
        CollectorError: the address is in use, not local, or invalid.
    """
    is_six = ":" in host
    opened = socket.socket(socket.AF_INET6 if is_six else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        opened.setsockopt(socket.SOL_SOCKET, _SO_TIMESTAMPING, _STAMP_ARRIVING)
        # RFC 8762, section 4.3: 255, so that the sender can count hops.
        if is_six:
            opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 255)
            opened.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVHOPLIMIT, 1)
            opened.setsockopt(socket.IPPROTO_IPV6, _IPV6_RECVPKTINFO, 1)
        if not is_six or host == "::":
            opened.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 255)
            opened.setsockopt(socket.IPPROTO_IP, _IP_RECVTTL, 1)
            opened.setsockopt(socket.IPPROTO_IP, _IP_PKTINFO, 1)
        opened.bind((host, port))
    except OSError as error:
        opened.close()
        raise CollectorError(f"cannot reflect on {host} port {port}: {error}") from error
    return opened


def read_ancillary(messages: Iterable[Message]) -> AncillaryData:
    """Read the ancillary data of one datagram; missing values are ``None``."""
    stamp_ns = hop_limit = None
    way_back: tuple[Message, ...] = ()
    for level, kind, data in messages:
        message_kind = (level, kind)
        if message_kind == (socket.SOL_SOCKET, _SO_TIMESTAMPING):
            seconds, nanoseconds = _TIMESPEC.unpack_from(data)
            stamp_ns = seconds * _NS_PER_S + nanoseconds or None
        elif message_kind in {(socket.IPPROTO_IP, _IP_TTL), (socket.IPPROTO_IPV6, _IPV6_HOPLIMIT)}:
            (hop_limit,) = _INT.unpack_from(data)
        elif message_kind == (socket.IPPROTO_IP, _IP_PKTINFO):
            index, local, _ = _INFO4.unpack_from(data)
            way_back = ((*message_kind, _INFO4.pack(index, local, bytes(4))),)
        elif message_kind == (socket.IPPROTO_IPV6, _IPV6_PKTINFO):
            way_back = ((*message_kind, data),)
    return AncillaryData(stamp_ns=stamp_ns, hop_limit=hop_limit, way_back=way_back)
