"""What a connection used on the wire, as the kernel counted it."""

import socket

from thongsuot_agent.proto import tcp_info
from thongsuot_agent.proto.icmp import IP4_HEADER_BYTES, IP6_HEADER_BYTES
from thongsuot_agent.proto.malformed import MalformedMessage

_TCP_HEADER_BYTES = 32
"""With the time stamp option, which practically every segment carries (RFC 7323)."""


def tcp_traffic_bytes(opened: socket.socket) -> int:
    """
    Return the IP-level bytes of a TCP connection so far, both directions.

    0 on kernels that do not count (before 4.19).
    """
    data = opened.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, tcp_info.SIZE_BYTES)
    try:
        counted = tcp_info.parse(data)
    except MalformedMessage:
        return 0
    is_six = opened.family == socket.AF_INET6
    header_bytes = (IP6_HEADER_BYTES if is_six else IP4_HEADER_BYTES) + _TCP_HEADER_BYTES
    segments = counted.sent_segments + counted.received_segments
    return counted.sent_bytes + counted.received_bytes + segments * header_bytes
