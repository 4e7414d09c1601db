"""
Framing of netlink: messages, and the attributes inside them.

Source: RFC 3549, section 2.3; include/uapi/linux/netlink.h. Numbers are in the host's byte order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct

from thongsuot_agent.errors import MalformedMessage

NLMSG_ERROR = 2
NLMSG_DONE = 3
NLMSG_OVERRUN = 4

NLM_F_REQUEST = 0x1
NLM_F_ACK = 0x4
NLM_F_DUMP_INTR = 0x10
NLM_F_DUMP = 0x300

_HEADER = Struct("=IHHII")
_ATTRIBUTE = Struct("=HH")
_ERROR = Struct("=i")
_TYPE_MASK = 0x3FFF  # the two highest bits mark nesting and byte order (NLA_F_NESTED, …)
_ALIGN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NetlinkMessage:
    """One netlink message: its type, flags, sequence number and payload."""

    type: int
    flags: int
    sequence: int
    payload: bytes


def _aligned(length: int) -> int:
    return (length + _ALIGN - 1) & ~(_ALIGN - 1)


def build(kind: int, flags: int, sequence: int, payload: bytes) -> bytes:
    """Return one message as bytes; port 0 is the kernel."""
    length = _HEADER.size + len(payload)
    return _HEADER.pack(length, kind, flags, sequence, 0) + payload


def messages(data: bytes) -> Iterator[NetlinkMessage]:
    """
    Yield the messages of one datagram, in order.

    Raises:
        Malformed: a length runs past the end or is shorter than the header.
    """
    offset = 0
    while offset < len(data):
        if offset + _HEADER.size > len(data):
            raise MalformedMessage(f"netlink message at {offset} of {len(data)}: header cut off")
        length, kind, flags, sequence, _ = _HEADER.unpack_from(data, offset)
        if not _HEADER.size <= length <= len(data) - offset:
            raise MalformedMessage(f"netlink message at {offset} of {len(data)}: length {length}")
        payload = data[offset + _HEADER.size : offset + length]
        yield NetlinkMessage(type=kind, flags=flags, sequence=sequence, payload=payload)
        offset += _aligned(length)


def error_number(message: NetlinkMessage) -> int:
    """
    Return the errno of an error or done message; 0 is an acknowledgement.

    Raises:
        Malformed: the message is too short to hold one.
    """
    if len(message.payload) < _ERROR.size:
        raise MalformedMessage(
            f"netlink error message of {len(message.payload)} bytes holds no errno"
        )
    (number,) = _ERROR.unpack_from(message.payload)
    return -int(number)


def attribute(kind: int, value: bytes) -> bytes:
    """Return one attribute as bytes, padded."""
    packed = _ATTRIBUTE.pack(_ATTRIBUTE.size + len(value), kind) + value
    return packed.ljust(_aligned(len(packed)), b"\0")


def attributes(data: bytes, offset: int = 0) -> dict[int, bytes]:
    """
    Return the attributes that start at ``offset``, by type; of a repeated type the last.

    Raises:
        Malformed: a length runs past the end or is shorter than the attribute's header.
    """
    values: dict[int, bytes] = {}
    end = len(data)
    while offset + _ATTRIBUTE.size <= end:
        length, kind = _ATTRIBUTE.unpack_from(data, offset)
        if not _ATTRIBUTE.size <= length <= end - offset:
            raise MalformedMessage(
                f"netlink attribute {kind & _TYPE_MASK} at {offset}: length {length}"
            )
        values[kind & _TYPE_MASK] = data[offset + _ATTRIBUTE.size : offset + length]
        offset += _aligned(length)
    return values
