"""
Questions for a neighbour's hardware address over IPv6; those over IPv4 are ``proto.arp``.

Only asked here, never answered or read: the kernel takes the answer and says so in its own table.
Source: RFC 4861, sections 4.3 and 4.6.1.
"""

from struct import Struct

_SOLICITATION = Struct("!BBHI16sBB6s")
_SOLICIT, _SOURCE_ADDRESS, _EIGHT_BYTES = 135, 1, 1

SOLICITATION_HOP_LIMIT = 255
"""Anything less is refused: it could have come from beyond the link (RFC 4861, section 7.1.1)."""


def build_solicitation(*, hardware: bytes, target: bytes) -> bytes:
    """Return a neighbour solicitation; the kernel fills in the checksum (RFC 3542, section 3.1)."""
    return _SOLICITATION.pack(_SOLICIT, 0, 0, 0, target, _SOURCE_ADDRESS, _EIGHT_BYTES, hardware)
