"""
Destinations: where a packet to an address ends, and which of those are a site's own. Pure.

Configuration that may only name public services must not reach the device itself, or a box beside
it, through a name or an address that represents one. An IPv6 address may carry an IPv4 address to
which a translator, a tunnel or the kernel itself takes the packet: it counts as what it carries.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Final

Address = IPv4Address | IPv6Address

_LANS: Final = tuple(
    ip_network(text)
    for text in (
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7"),
        # The router's end of DS-Lite (RFC 7335), laboratories (RFC 2544), and site-local addresses
        # (RFC 3879): boxes of today still answer there, and no service does.
        *("192.0.0.0/24", "198.18.0.0/15", "fec0::/10"),
    )
)
"""
Networks in which a fetched page may trigger an action of a device (RFC 1918, RFC 6598, RFC 4193).
"""

_NAT64: Final = IPv6Network("64:ff9b::/96")
"""The well-known prefix of translators (RFC 6052): the IPv4 address is at its end."""

_LOCAL_NAT64: Final = IPv6Network("64:ff9b:1::/48")
"""Translators of a network's own (RFC 8215), each with a longer prefix of its choice."""

_TRANSLATED: Final = IPv6Network("::ffff:0:0:0/96")  # RFC 2765
_COMPATIBLE: Final = IPv6Network("::/96")  # RFC 4291, section 2.5.5.1
_ISATAP: Final = frozenset({0x00005EFE, 0x02005EFE})
"""Bits 64 to 95 of an address whose last 32 are an IPv4 address (RFC 5214)."""

_BITS32 = 0xFFFFFFFF


def is_one_host(address: Address) -> bool:
    """Return whether an address can be one host that is not this device."""
    return not any(_is_no_host(end) for end in _ends(address))


def is_public_host(address: Address) -> bool:
    """
    Return whether an address can be a public service: neither this device, nor in a private
    network, nor of the deprecated form ``::a.b.c.d``, which no service has.
    """
    return (
        is_one_host(address)
        and not any(
            end in lan for end in _ends(address) for lan in _LANS if lan.version == end.version
        )
        and not (isinstance(address, IPv6Address) and address in _COMPATIBLE)
    )


def is_public(address: str) -> bool:
    """Return ``is_public_host`` of an address in text form."""
    return is_public_host(ip_address(address))


def _is_no_host(address: Address) -> bool:
    return (
        address.is_loopback
        or address.is_multicast
        or address.is_unspecified
        or address.is_link_local
        # 240.0.0.0/4 with the broadcast address; of IPv6 "reserved" is most of it.
        or (address.version == 4 and (address.is_reserved or int(address) >> 24 == 0))
    )


def _ends(address: Address) -> Iterator[Address]:
    """Yield an address and every IPv4 address that a packet to it may end at."""
    yield address
    if address.version == 4:
        return
    assert isinstance(address, IPv6Address)
    value = int(address)
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
    elif address in _NAT64 or address in _TRANSLATED or (address in _COMPATIBLE and value > 1):
        yield IPv4Address(value & _BITS32)
    elif address in _LOCAL_NAT64:
        # RFC 6052, section 2.2, for prefixes of 48, 56, 64 and 96 bits; bits 64 to 71 are zero.
        yield IPv4Address((value >> 64 & 0xFFFF) << 16 | value >> 40 & 0xFFFF)
        yield IPv4Address((value >> 64 & 0xFF) << 24 | value >> 32 & 0xFFFFFF)
        yield IPv4Address(value >> 24 & _BITS32)
        yield IPv4Address(value & _BITS32)
    elif address.sixtofour is not None:
        yield address.sixtofour
    elif address.teredo is not None:
        yield from address.teredo
    if value >> 32 & _BITS32 in _ISATAP:
        yield IPv4Address(value & _BITS32)
