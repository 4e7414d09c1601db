"""Whether the addresses that a name server answered can be those of a public service."""

import socket
from collections.abc import Iterable
from functools import cache

_NEVER_PUBLIC = (
    "0.0.0.0/8",
    "127.0.0.0/8",
    "169.254.0.0/16",
    "224.0.0.0/4",
    "240.0.0.0/4",
    # With ::1 all that was once meant to hold an IPv4 address.
    "::/96",
    "::ffff:0.0.0.0/96",
    "64:ff9b::7f00:0/104",
    "64:ff9b::a9fe:0/112",
    "2002:7f00::/24",
    "2002:a9fe::/32",
    "fe80::/10",
    "ff00::/8",
)
"""Addresses that no service can be reached at: this host, loopback, link-local, multicast, reserved
(RFC 6890), the same behind NAT64 and 6to4. Private ones may be right inside the government's own
network and are not here."""


@cache
def parse_prefix(text: str) -> tuple[bytes, int]:
    """
    Return an address or prefix in CIDR form as packed address and length in bits.

    Raises:
        ValueError: it is neither.
    """
    address, slash, length = text.partition("/")
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        packed = socket.inet_pton(family, address)
        bits = int(length) if slash else len(packed) * 8
    except (OSError, ValueError) as problem:
        raise ValueError(f"{text!r} is neither an address nor a prefix (a.b.c.d/n)") from problem
    if not 0 <= bits <= len(packed) * 8:
        raise ValueError(f"{text!r}: the length must be 0 to {len(packed) * 8}")
    return packed, bits


def is_within(address: str, prefixes: Iterable[str]) -> bool:
    """Return whether an address is in one of the prefixes of its family."""
    packed, width = parse_prefix(address)
    value = int.from_bytes(packed, "big")
    for prefix in prefixes:
        base, bits = parse_prefix(prefix)
        if len(base) != len(packed):
            continue
        if value >> (width - bits) == int.from_bytes(base, "big") >> (width - bits):
            return True
    return False


def forged(addresses: Iterable[str], expected: tuple[str, ...]) -> tuple[str, ...]:
    """
    Return those addresses that cannot be true.

    ``expected`` are prefixes that the name may answer with; of a family that they say nothing
    about, anything is accepted that can be public at all.
    """
    return tuple(address for address in addresses if not _can_be_true(address, expected))


def _can_be_true(address: str, expected: tuple[str, ...]) -> bool:
    if is_within(address, _NEVER_PUBLIC):
        return False
    six = ":" in address
    of_family = [prefix for prefix in expected if (":" in prefix) is six]
    if not of_family or is_within(address, of_family):
        return True
    return six and is_within(_embedded_ip4(address), expected)


def _embedded_ip4(address: str) -> str:
    """
    Return the IPv4 address at the end of an IPv6 one, as DNS64 and a NAT64 make it (RFC 6052).

    Whatever their prefix: it is the carrier's own as a rule, and an address in which the portal's
    own stands is none that anybody blocks or forges with (2026-11: on a line with IPv6 alone each
    portal that has IPv4 alone was called a forgery, and the carrier told of it).
    """
    packed, _ = parse_prefix(address)
    return socket.inet_ntop(socket.AF_INET, packed[-4:])
