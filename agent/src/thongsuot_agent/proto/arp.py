"""
ARP: requests for a neighbour, probes for an address conflict, and claims of an address.

Over IPv6 only the request for a neighbour, a solicitation: the kernel processes the answer and
updates its own table. Source: RFC 826; RFC 5227, sections 1.1 and 2.1.1 (probes); RFC 4861,
sections 4.3 and 4.6.1.
"""

from dataclasses import dataclass
from struct import Struct

from thongsuot_agent.errors import MalformedMessage

ETHERTYPE_ARP = 0x0806
BROADCAST = b"\xff" * 6

HEAD = Struct("!HHBBH")
HEAD_ETHERNET_IP4 = (1, 0x0800, 6, 4)
"""Hardware and protocol, and the lengths of their addresses: the only type of ARP that is read."""

SENDER_HARDWARE_AT, SENDER_ADDRESS_AT = 8, 14

_BODY = Struct("!6s4s6s4s")
_REQUEST = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ArpPacket:
    """
    One ARP packet between Ethernet and IPv4: hardware addresses of 6 bytes, IPv4 ones of 4.

    ``operation`` is 1 for a request and 2 for a reply. Both have the same information about the
    sender.
    """

    operation: int
    sender_hardware: bytes
    sender_address: bytes
    target_hardware: bytes
    target_address: bytes


def parse_arp(packet: bytes) -> ArpPacket:
    """
    Read a packet from its ARP header on; padding is ignored.

    Raises:
        Malformed: too short, or not between Ethernet and IPv4.
    """
    if len(packet) < HEAD.size + _BODY.size:
        raise MalformedMessage(f"an ARP packet of {len(packet)} bytes is too short")
    *head, operation = HEAD.unpack_from(packet)
    if tuple(head) != HEAD_ETHERNET_IP4:
        raise MalformedMessage(f"an ARP packet of another sort than Ethernet and IPv4: {head}")
    sender_hardware, sender, target_hardware, target = _BODY.unpack_from(packet, HEAD.size)
    return ArpPacket(
        operation=operation,
        sender_hardware=sender_hardware,
        sender_address=sender,
        target_hardware=target_hardware,
        target_address=target,
    )


def build_request(*, hardware: bytes, source: bytes, target: bytes) -> bytes:
    """Return a request of an Ethernet interface (6 bytes) for an IPv4 address (4 bytes)."""
    head = HEAD.pack(*HEAD_ETHERNET_IP4, _REQUEST)
    return head + _BODY.pack(hardware, source, b"\0" * 6, target)


def build_probe(*, hardware: bytes, address: bytes) -> bytes:
    """
    Return a probe of whether an address is in use.

    It has no sender address, so that receivers learn no false mapping from it.
    """
    return build_request(hardware=hardware, source=b"\0" * 4, target=address)


_SOLICITATION = Struct("!BBHI16sBB6s")
_SOLICIT, _SOURCE_ADDRESS, _EIGHT_BYTES = 135, 1, 1

SOLICITATION_HOP_LIMIT = 255
"""
Lower values are refused: the packet could have come from beyond the link (RFC 4861, section 7.1.1).
"""


def build_solicitation(*, hardware: bytes, target: bytes) -> bytes:
    """Return a neighbour solicitation; the kernel fills in the checksum (RFC 3542, section 3.1)."""
    return _SOLICITATION.pack(_SOLICIT, 0, 0, 0, target, _SOURCE_ADDRESS, _EIGHT_BYTES, hardware)
