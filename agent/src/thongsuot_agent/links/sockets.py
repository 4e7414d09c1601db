"""Opens sockets for links and for workers; no code outside this folder opens any."""

import socket
from array import array
from struct import Struct

from thongsuot_agent.errors import MalformedMessage
from thongsuot_agent.links.egress import Egress, address_family
from thongsuot_agent.links.reasons import described, reason_for_own
from thongsuot_agent.links.selector import RouteSelector, apply_selector
from thongsuot_agent.links.state import LinkUnusable
from thongsuot_agent.proto import tcp_info
from thongsuot_agent.proto.icmp import IP4_HEADER_BYTES, IP6_HEADER_BYTES
from thongsuot_schema.result import Family

_SO_ATTACH_FILTER = 26
_FILTER_PROGRAM = Struct("@HP")  # struct sock_fprog: number of instructions, their address
_INSTRUCTION_BYTES = 8

_IP_BIND_ADDRESS_NO_PORT = 24  # ip(7): choose the port at connect, when the destination is known


def open_bound(egress: Egress, kind: socket.SocketKind, protocol: int = 0) -> socket.socket:
    """
    Return a non-blocking socket bound to the link's interface and source address.

    Bound to the device (SO_BINDTODEVICE, which needs no privilege since Linux 5.7), the socket
    sends by that interface only, and the kernel delivers only packets received on that interface:
    everything it receives is evidence about the link.

    Raises:
        LinkUnusable: the interface or the address has disappeared, or the kernel refuses.
    """
    try:
        opened = socket.socket(address_family(egress.family), kind, protocol)
    except OSError as error:
        raise LinkUnusable(reason_for_own(error), described(error)) from error
    try:
        opened.setblocking(False)
        bind_to(opened, egress.interface, egress.selector)
        if kind is socket.SOCK_STREAM:
            opened.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
        opened.bind(egress.source_address())
    except OSError as error:
        opened.close()
        raise LinkUnusable(reason_for_own(error), described(error)) from error
    return opened


def bind_to(opened: socket.socket, interface: str, selector: RouteSelector) -> None:
    """Bind a socket to one link: to its interface, and to the selector of its packets."""
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, interface.encode() + b"\0")
    apply_selector(opened, selector)


def attach_filter(opened: socket.socket, program: bytes) -> None:
    """Pass only packets matching a program (``proto.filter``) to a socket."""
    code = array("B", program)
    address, length = code.buffer_info()
    packed = _FILTER_PROGRAM.pack(length // _INSTRUCTION_BYTES, address)
    opened.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, packed)


def open_unbound(family: Family, address: str, port: int) -> socket.socket:
    """
    Return a non-blocking UDP socket that follows the kernel's routes, connected to a destination.

    For equipment of the site that is beside its uplinks and not on one (a UPS on the local
    network): its answers prove no link.

    Raises:
        LinkUnusable: there is no route to it.
    """
    opened = socket.socket(address_family(family), socket.SOCK_DGRAM)
    try:
        opened.setblocking(False)
        opened.connect((address, port))
    except OSError as error:
        opened.close()
        raise LinkUnusable(reason_for_own(error), described(error)) from error
    return opened


def open_stream_by(
    interface: str, family: Family, source: str, selector: RouteSelector
) -> socket.socket:
    """
    Return a non-blocking TCP socket with an interface and a source address, for a worker.

    A worker has no link; the parent process passes the interface, the source address and the
    selector of its packets.

    Raises:
        OSError: the interface or the address has disappeared, or the kernel refuses.
    """
    opened = socket.socket(address_family(family), socket.SOCK_STREAM)
    try:
        opened.setblocking(False)
        bind_to(opened, interface, selector)
        opened.setsockopt(socket.IPPROTO_IP, _IP_BIND_ADDRESS_NO_PORT, 1)
        opened.bind((source, 0))
    except OSError:
        opened.close()
        raise
    return opened


def connect_stream_by(
    interface: str, selector: RouteSelector, host: str, port: int, timeout_s: float
) -> socket.socket:
    """
    Return a blocking TCP socket that is connected over a link, for a library in a worker.

    Raises:
        OSError: no address of the host could be reached by it.
    """
    problem = OSError(f"no address of {host}")
    for family, kind, _protocol, _name, address in socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM
    ):
        opened = socket.socket(family, kind)
        try:
            bind_to(opened, interface, selector)
            opened.settimeout(timeout_s)
            opened.connect(address)
        except OSError as error:
            opened.close()
            problem = error
            continue
        return opened
    raise problem


def open_unbound_stream(family: int, kind: int, protocol: int) -> socket.socket:
    """
    Return a TCP socket that follows the kernel's routes, from libcurl's own arguments.

    For a router on another network of the site, like ``open_unbound``.
    """
    return socket.socket(family, kind, protocol)


_TCP_HEADER_BYTES = 32
"""With the timestamp option, which practically every segment has (RFC 7323)."""


def tcp_traffic_bytes(opened: socket.socket) -> int:
    """
    Return the IP-level bytes of a TCP connection so far, both directions.

    0 on kernels without these counters (before 4.19).
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
