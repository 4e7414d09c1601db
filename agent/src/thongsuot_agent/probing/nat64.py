"""
The prefix of a carrier's NAT64, by which a line that has IPv6 alone reaches IPv4 (RFC 7050).

The name ``ipv4only.arpa`` has no IPv6 address. A name server that answers with one made it from the
prefix, and so reveals it. What the router says of it (PREF64, RFC 8781) is not asked: the prefix is
needed to know a name server's own translations, and one that makes none tells of none here.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, IPv6Network

from thongsuot_agent.links.egress import family_of
from thongsuot_agent.links.link import LiveLink, Nat64Prefix, boottime_ns
from thongsuot_agent.links.roundtrip import NS_PER_S
from thongsuot_agent.probing.lookup import DnsQuestion, NameServerAddress, look_up
from thongsuot_schema.result import Family

KNOWN_S = 600.0
"""How long a result, or its absence, is trusted: it belongs to the line's name server."""

_QUESTION = DnsQuestion(name="ipv4only.arpa", record="aaaa")
_WELL_KNOWN = frozenset({IPv4Address("192.0.0.170"), IPv4Address("192.0.0.171")})
_LENGTHS = (96, 64, 56, 48, 40, 32)
"""Lengths of prefixes (RFC 6052, section 2.2); the longest first, as carriers use it."""
_BITS32 = 0xFFFF_FFFF
_SKIPPED_BITS = 8
"""Bits 64 to 71 are zero, and no part of an embedded address."""


async def find_nat64(link: LiveLink, timeout_s: float) -> tuple[Nat64Prefix, int]:
    """
    Return the prefix of a link, and how many bytes it cost to ask now.

    No query is made for a link that has IPv4 itself, or twice within ``KNOWN_S``. If a name server
    does not answer, the previous result is kept.

    Raises:
        LinkUnusable: nothing can be sent over the link.
    """
    known, now_ns = link.nat64, boottime_ns()
    servers = sorted(link.resolvers, key=lambda server: family_of(server) is not Family.IP6)
    is_fresh = known.at_ns and now_ns - known.at_ns < KNOWN_S * NS_PER_S
    if link.state.addresses4 or is_fresh or not servers:
        return known, 0
    server = NameServerAddress(address=servers[0], family=family_of(servers[0]))
    lookup = await look_up(link, server, _QUESTION, timeout_s)
    if lookup.took_s is not None:
        link.nat64 = Nat64Prefix(network=prefix_from(lookup.addresses), at_ns=now_ns)
    return link.nat64, lookup.cost_bytes


def prefix_from(addresses: Iterable[str]) -> IPv6Network | None:
    """Return the prefix that addresses of the well-known name were made with, if they were."""
    for text in addresses:
        address = IPv6Address(text)
        for length in _LENGTHS:
            if embedded_ip4(address, length) in _WELL_KNOWN:
                return IPv6Network((address, length), strict=False)
    return None


def embedded_ip4(address: IPv6Address, length: int) -> IPv4Address:
    """Return the IPv4 address behind a prefix of this length in bits (RFC 6052, section 2.2)."""
    value = int(address)
    if length == _LENGTHS[0]:
        return IPv4Address(value & _BITS32)
    # Without the eight bits that are skipped, it is in one piece.
    high, low = value >> 64, value & ((1 << 64 - _SKIPPED_BITS) - 1)
    joined = high << 64 - _SKIPPED_BITS | low
    return IPv4Address(joined >> (128 - _SKIPPED_BITS - 32 - length) & _BITS32)
