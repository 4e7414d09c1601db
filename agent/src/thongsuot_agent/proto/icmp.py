"""
Builds echo requests; parses echo replies, and errors that quote our requests. IPv4 and IPv6.

Source: RFC 792 (ICMP), RFC 4443 (ICMPv6), RFC 791 (the IPv4 header), RFC 8200 (the IPv6 header).
"""

from dataclasses import dataclass
from struct import Struct

import msgspec

from thongsuot_agent.errors import MalformedMessage
from thongsuot_schema.reason import Reason

ECHO_HEADER_BYTES = 8
IP4_HEADER_BYTES = 20
IP6_HEADER_BYTES = 40

_ECHO = Struct("!BBHHH")
_PROTOCOL_ICMP4, _PROTOCOL_ICMP6 = 1, 58


@dataclass(frozen=True, slots=True, kw_only=True)
class IcmpTypes:
    """The message types of one family."""

    request: int
    reply: int
    errors: frozenset[int]


IP4 = IcmpTypes(request=8, reply=0, errors=frozenset({3, 11, 12}))
IP6 = IcmpTypes(request=128, reply=129, errors=frozenset({1, 2, 3, 4}))


class EchoReply(msgspec.Struct, frozen=True, kw_only=True):
    """An echo reply: its identification and the returned payload."""

    identifier: int
    sequence: int
    payload: bytes


class IcmpError(msgspec.Struct, frozen=True, kw_only=True):
    """
    An ICMP error about an echo request.

    ``destination`` is that of the quoted request (packed). ``payload`` is as much of the request's
    payload as was quoted: RFC 792 requires 8 bytes after the header, which may not include any of
    it.
    """

    identifier: int
    sequence: int
    destination: bytes
    type: int
    code: int
    payload: bytes


def checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071)."""
    if len(data) % 2:
        data += b"\0"
    total: int = sum(Struct(f"!{len(data) // 2}H").unpack(data))
    total = (total >> 16) + (total & 0xFFFF)
    return ~(total + (total >> 16)) & 0xFFFF


def build_request(numbers: IcmpTypes, identifier: int, sequence: int, payload: bytes) -> bytes:
    """
    Return an echo request; over IPv6 the kernel fills in the checksum (RFC 3542, section 3.1).
    """
    head = _ECHO.pack(numbers.request, 0, 0, identifier, sequence)
    if numbers is IP6:
        return head + payload
    total = checksum(head + payload)
    return _ECHO.pack(numbers.request, 0, total, identifier, sequence) + payload


def parse(numbers: IcmpTypes, message: bytes) -> EchoReply | IcmpError | None:
    """
    Read an ICMP message without its IP header; ``None`` if it is unrelated to echoes.

    Raises:
        Malformed: the message is truncated before its mandatory fields.
    """
    if len(message) < _ECHO.size:
        raise MalformedMessage(f"ICMP message of {len(message)} bytes is too short")
    kind, code, _, identifier, sequence = _ECHO.unpack_from(message)
    if kind == numbers.reply:
        return EchoReply(identifier=identifier, sequence=sequence, payload=message[_ECHO.size :])
    if kind in numbers.errors:
        return _icmp_error(numbers, kind, code, message[_ECHO.size :])
    return None


def ip4_payload(packet: bytes) -> tuple[bytes, int]:
    """
    Return the payload of an IPv4 packet, and its time to live.

    Raises:
        Malformed: this is not an IPv4 packet.
    """
    if len(packet) < IP4_HEADER_BYTES or packet[0] >> 4 != 4:
        raise MalformedMessage(f"no IPv4 header in {len(packet)} bytes")
    return packet[(packet[0] & 0x0F) * 4 :], packet[8]


def _icmp_error(numbers: IcmpTypes, kind: int, code: int, quoted: bytes) -> IcmpError | None:
    """Return an error about an echo request; ``None`` for other errors."""
    if numbers is IP4:
        inner, _ = ip4_payload(quoted)
        protocol, destination, ours = quoted[9], quoted[16:20], _PROTOCOL_ICMP4
    else:
        if len(quoted) < IP6_HEADER_BYTES or quoted[0] >> 4 != 6:
            raise MalformedMessage(f"no IPv6 header in the {len(quoted)} bytes quoted")
        inner, protocol, ours = quoted[IP6_HEADER_BYTES:], quoted[6], _PROTOCOL_ICMP6
        destination = quoted[24:40]
    if protocol != ours:
        return None
    if len(inner) < _ECHO.size:
        raise MalformedMessage(f"{len(inner)} bytes of the request are quoted, 8 are needed")
    inner_kind, _, _, identifier, sequence = _ECHO.unpack_from(inner)
    if inner_kind != numbers.request:
        return None
    return IcmpError(
        identifier=identifier,
        sequence=sequence,
        destination=destination,
        type=kind,
        code=code,
        payload=inner[_ECHO.size :],
    )


# Codes of "destination unreachable" (IANA, ICMP parameters). Others: FAILED_OTHERWISE.
_UNREACHABLE4 = {
    0: Reason.NETWORK_UNREACHABLE,
    1: Reason.HOST_UNREACHABLE,
    2: Reason.HOST_UNREACHABLE,
    3: Reason.HOST_UNREACHABLE,
    6: Reason.NETWORK_UNREACHABLE,
    7: Reason.HOST_UNREACHABLE,
    9: Reason.PACKET_FILTERED,
    10: Reason.PACKET_FILTERED,
    11: Reason.NETWORK_UNREACHABLE,
    12: Reason.HOST_UNREACHABLE,
    13: Reason.PACKET_FILTERED,
}
_UNREACHABLE6 = {
    0: Reason.NETWORK_UNREACHABLE,
    1: Reason.PACKET_FILTERED,
    2: Reason.NETWORK_UNREACHABLE,
    3: Reason.HOST_UNREACHABLE,
    4: Reason.HOST_UNREACHABLE,
    5: Reason.PACKET_FILTERED,
    6: Reason.NETWORK_UNREACHABLE,
}


def reason_for(numbers: IcmpTypes, kind: int, code: int) -> Reason:
    """Return the meaning of an ICMP error for the quoted packet."""
    if numbers is IP4:
        known = {3: _UNREACHABLE4.get(code), 11: Reason.HOP_LIMIT_EXCEEDED}
    else:
        known = {1: _UNREACHABLE6.get(code), 3: Reason.HOP_LIMIT_EXCEEDED}
    return known.get(kind) or Reason.FAILED_OTHERWISE
