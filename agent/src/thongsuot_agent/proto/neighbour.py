"""
Questions for a neighbour's hardware address: ARP requests and neighbour solicitations.

Only asked here, never answered or read: the kernel takes the answer and says so in its own table.
Source: RFC 826 (ARP); RFC 4861, sections 4.3 and 4.6.1 (IPv6).
"""

from struct import Struct

_ARP = Struct("!HHBBH6s4s6s4s")
_ETHERNET, _IP4, _REQUEST = 1, 0x0800, 1

_SOLICITATION = Struct("!BBHI16sBB6s")
_SOLICIT, _SOURCE_ADDRESS, _EIGHT_BYTES = 135, 1, 1

ETHERTYPE_ARP = 0x0806
BROADCAST = b"\xff" * 6
SOLICITATION_HOP_LIMIT = 255
"""Anything less is refused: it could have come from beyond the link (RFC 4861, section 7.1.1)."""


def build_arp_request(*, hardware: bytes, source: bytes, target: bytes) -> bytes:
    """Return an ARP request of an Ethernet interface (6 bytes) for an IPv4 address (4 bytes)."""
    return _ARP.pack(_ETHERNET, _IP4, 6, 4, _REQUEST, hardware, source, b"\0" * 6, target)


def build_solicitation(*, hardware: bytes, target: bytes) -> bytes:
    """Return a neighbour solicitation; the kernel fills in the checksum (RFC 3542, section 3.1)."""
    return _SOLICITATION.pack(_SOLICIT, 0, 0, 0, target, _SOURCE_ADDRESS, _EIGHT_BYTES, hardware)
