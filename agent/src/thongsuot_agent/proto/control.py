"""
Control messages of a datagram: kernel time stamps, the incoming interface, errors (cmsg(3)).

Source: Documentation/networking/timestamping.rst of Linux; ip(7), ipv6(7); RFC 3542, sections 4
and 6. The numbers are Linux's; the socket module of Python 3.11 does not have them.
"""

from collections.abc import Iterable
from struct import Struct, error

import msgspec

from thongsuot_agent.errors import MalformedMessage

SOL_IP, SOL_SOCKET, SOL_IPV6 = 0, 1, 41
SO_TIMESTAMPING = 37
IP_TTL, IP_PKTINFO, IP_RECVERR, IP_RECVTTL = 2, 8, 11, 12
IPV6_RECVERR, IPV6_RECVPKTINFO, IPV6_PKTINFO = 25, 49, 50
IP_RECVERR_RFC4884, IPV6_RECVERR_RFC4884 = 26, 31
IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, PMTUDISC_PROBE = 10, 23, 3
IPV6_UNICAST_HOPS, IPV6_DONTFRAG, IPV6_AUTOFLOWLABEL = 16, 62, 70
IPV6_RECVHOPLIMIT, IPV6_HOPLIMIT = 51, 52

# SOF_TIMESTAMPING_*: stamp in software on receiving (and on sending) and report it; number the sent
# packets from 0 (OPT_ID) and hand back their stamps alone, without the packets (OPT_TSONLY).
STAMP_ARRIVING = 1 << 3 | 1 << 4
STAMP_BOTH = STAMP_ARRIVING | 1 << 1 | 1 << 7 | 1 << 11

SPACE_BYTES = 512
"""Buffer size for all control messages requested here, with a margin."""

ORIGIN_LOCAL, ORIGIN_ICMP4, ORIGIN_ICMP6, ORIGIN_STAMP = 1, 2, 3, 4

_STAMP, _INFO4, _INFO6, _HOPS, _ERROR4, _ERROR6 = range(6)
_FIELDS = {
    (SOL_SOCKET, SO_TIMESTAMPING): _STAMP,
    (SOL_IP, IP_PKTINFO): _INFO4,
    (SOL_IPV6, IPV6_PKTINFO): _INFO6,
    (SOL_IP, IP_TTL): _HOPS,
    (SOL_IPV6, IPV6_HOPLIMIT): _HOPS,
    (SOL_IP, IP_RECVERR): _ERROR4,
    (SOL_IPV6, IPV6_RECVERR): _ERROR6,
}

_NS_PER_S = 1_000_000_000
_TIMESPEC = Struct("=qq")
_INT = Struct("=i")
_PACKET_INFO4 = Struct("=i4s4s")
_PACKET_INFO6 = Struct("=16si")
_EXTENDED_ERROR = Struct("=IBBBxII")
_SOCKADDR4 = Struct("=4x4s")
_SOCKADDR6 = Struct("=8x16s")


class ExtendedError(msgspec.Struct, frozen=True, kw_only=True):
    """
    One entry of a socket's error queue (struct sock_extended_err).

    ``origin`` is the source: this host, an ICMP message, or a time stamp. For a time stamp ``data``
    is the number of the packet; for an ICMP message ``type`` and ``code`` are the message's,
    ``info`` is the MTU of a "too big", ``data`` the start of extensions (RFC 4884, if requested)
    and ``offender`` its sender (packed).
    """

    number: int
    origin: int
    type: int
    code: int
    info: int
    data: int
    offender: bytes | None


class ReceivedControl(msgspec.Struct, frozen=True, kw_only=True):
    """
    The control data of one datagram; ``None`` where missing.

    ``stamp_ns`` is Unix time by the kernel's clock. ``interface`` is the incoming one and ``local``
    the destination address (packed).
    """

    stamp_ns: int | None = None
    interface: int | None = None
    local: bytes | None = None
    hop_limit: int | None = None
    error: ExtendedError | None = None


def parse(messages: Iterable[tuple[int, int, bytes]]) -> ReceivedControl:
    """
    Read the ancillary data that ``recvmsg`` returns.

    Raises:
        Malformed: a message is shorter than its type requires.
    """
    stamp_ns = interface = local = hop_limit = problem = None
    try:
        for level, kind, data in messages:
            field = _FIELDS.get((level, kind))
            if field == _STAMP:
                seconds, nanoseconds = _TIMESPEC.unpack_from(data)
                stamp_ns = seconds * _NS_PER_S + nanoseconds or stamp_ns
            elif field == _INFO4:
                interface, _, local = _PACKET_INFO4.unpack_from(data)
            elif field == _INFO6:
                local, interface = _PACKET_INFO6.unpack_from(data)
            elif field == _HOPS:
                (hop_limit,) = _INT.unpack_from(data)
            elif field is not None:
                problem = _extended_error(data, six=field == _ERROR6)
    except error as short:
        raise MalformedMessage("a control message is shorter than its type") from short
    return ReceivedControl(
        stamp_ns=stamp_ns, interface=interface, local=local, hop_limit=hop_limit, error=problem
    )


def _extended_error(data: bytes, *, six: bool) -> ExtendedError:
    number, origin, kind, code, info, detail = _EXTENDED_ERROR.unpack_from(data)
    offender: bytes | None = None
    if origin in {ORIGIN_ICMP4, ORIGIN_ICMP6}:
        address = _SOCKADDR6 if six else _SOCKADDR4
        (offender,) = address.unpack_from(data, _EXTENDED_ERROR.size)
    return ExtendedError(
        number=number,
        origin=origin,
        type=kind,
        code=code,
        info=info,
        data=detail,
        offender=offender,
    )


def leave_by4(interface: int, source: bytes) -> tuple[int, int, bytes]:
    """Return the control message that sends one IPv4 datagram by an interface, from an address."""
    return (SOL_IP, IP_PKTINFO, _PACKET_INFO4.pack(interface, source, b"\0\0\0\0"))


def leave_by6(interface: int, source: bytes) -> tuple[int, int, bytes]:
    """Return the control message that sends one IPv6 datagram by an interface, from an address."""
    return (SOL_IPV6, IPV6_PKTINFO, _PACKET_INFO6.pack(source, interface))
