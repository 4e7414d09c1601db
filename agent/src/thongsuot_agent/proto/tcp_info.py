"""
The kernel's counters of a TCP connection (getsockopt TCP_INFO).

Source: struct tcp_info, include/uapi/linux/tcp.h; the counters are of RFC 4898. The struct only
grows.
"""

from dataclasses import dataclass
from struct import Struct

from thongsuot_agent.errors import MalformedMessage

SIZE_BYTES = 232
"""The requested size; older kernels return less."""

_RECEIVED = Struct("=128xQII")
_SENT = Struct("=200xQQ")
_RETRANSMITTED_SEGMENTS = Struct("=100xI")


@dataclass(frozen=True, slots=True, kw_only=True)
class TcpCounters:
    """Bytes of payload and numbers of segments (with bare acknowledgements), each way."""

    sent_bytes: int
    received_bytes: int
    sent_segments: int
    received_segments: int
    retransmitted_segments: int


def parse(data: bytes) -> TcpCounters:
    """
    Read a struct tcp_info of Linux 4.19 or later.

    Raises:
        Malformed: an older kernel returned too little.
    """
    if len(data) < _SENT.size:
        raise MalformedMessage(
            f"struct tcp_info of {len(data)} bytes has no bytes_sent (Linux 4.19)"
        )
    received_bytes, sent_segments, received_segments = _RECEIVED.unpack_from(data)
    sent_bytes, _ = _SENT.unpack_from(data)
    (retransmitted,) = _RETRANSMITTED_SEGMENTS.unpack_from(data)
    return TcpCounters(
        sent_bytes=sent_bytes,
        received_bytes=received_bytes,
        sent_segments=sent_segments,
        received_segments=received_segments,
        retransmitted_segments=retransmitted,
    )
