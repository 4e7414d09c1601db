"""
Whether it is this device that does not let a TCP connection out.

The kernel tells a program that its own packet filter dropped a datagram, but not a connection: it
sends the first segment again, whatever became of it (tcp_connect in net/ipv4/tcp_output.c), and a
server that is not reached looks like one that does not answer. A raw socket is told: its segment,
of the same addresses and ports, passes the same filters.
"""

import errno
import os
import socket

from thongsuot_agent.links.egress import SocketAddress
from thongsuot_agent.links.selector import IPV6_TCLASS, SO_MARK
from thongsuot_agent.proto.tcp import build_syn

_INTERFACE_BYTES = 16  # IFNAMSIZ


def own_refusal(connecting: socket.socket, destination: SocketAddress) -> OSError | None:
    """
    Return the error with which a filter of this device refuses a segment of a failed connection.

    ``None``: the segment has left, or nothing can be known: raw sockets are not allowed, or the
    link has gone meanwhile. An answer to it meets the connection, or none, and is reset.
    """
    source = connecting.getsockname()
    sender, server = (
        socket.inet_pton(connecting.family, end[0].partition("%")[0])
        for end in (source, destination)
    )
    sequence = int.from_bytes(os.urandom(4), "big")
    segment = build_syn(sender, server, (source[1], destination[1]), sequence)
    try:
        raw = _raw_socket_like(connecting)
    except OSError:
        return None
    with raw:
        try:
            raw.sendto(segment, (destination[0], 0, *destination[2:]))
        except OSError as error:
            return error if error.errno == errno.EPERM else None
    return None


def _raw_socket_like(connecting: socket.socket) -> socket.socket:
    """Return a raw socket whose packets leave like those of another socket."""
    family = connecting.family
    mark = connecting.getsockopt(socket.SOL_SOCKET, SO_MARK)
    interface = connecting.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, _INTERFACE_BYTES)
    is_six = family == socket.AF_INET6
    service = (socket.IPPROTO_IPV6, IPV6_TCLASS) if is_six else (socket.IPPROTO_IP, socket.IP_TOS)
    raw = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_TCP)
    try:
        raw.setblocking(False)
        if interface.strip(b"\0"):
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface)
        if mark:
            raw.setsockopt(socket.SOL_SOCKET, SO_MARK, mark)
        raw.setsockopt(*service, connecting.getsockopt(*service))
        raw.bind((connecting.getsockname()[0], 0, *connecting.getsockname()[2:]))
    except OSError:
        raw.close()
        raise
    return raw
