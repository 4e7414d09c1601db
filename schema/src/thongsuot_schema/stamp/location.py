"""
Location: from where a reflector sees a test packet come (RFC 8972, section 4.2).

The sender leaves room for one answer, the source address as the reflector saw it: behind a NAT that
is the carrier's address, so that each answer itself identifies the line that its request left by.
Destination and link-layer addresses belong to the reflector's inner network: if requested, they are
returned unchanged, marked as unrecognized.
"""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address
from struct import Struct

UNRECOGNISED, MALFORMED = 0x80, 0x40

_PORTS = Struct("!HH")
_HEAD = Struct("!BBH")
_SOURCE, _SOURCE_IPV4, _SOURCE_IPV6 = 7, 8, 9
_ADDRESS_BYTES = 16
_IPV4_BYTES = 4

SHORTEST_BYTES = _PORTS.size
REQUEST_BYTES = _PORTS.size + _HEAD.size + _ADDRESS_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenSource:
    """Where a packet came from, as its receiver saw it, and the port that it came to."""

    address: str
    port: int
    destination_port: int


def location_request() -> bytes:
    """Return the value of a Location TLV that requests the source address."""
    head = _HEAD.pack(UNRECOGNISED, _SOURCE, _ADDRESS_BYTES)
    return bytes(_PORTS.size) + head + bytes(_ADDRESS_BYTES)


def reflect_location(value: bytes, seen: SeenSource) -> bytes:
    """Return a reflector's answer to the value of a Location TLV, at the same length."""
    out = bytearray(_PORTS.pack(seen.destination_port, seen.port))
    place = _PORTS.size
    while len(value) - place >= _HEAD.size:
        _, kind, length = _HEAD.unpack_from(value, place)
        inner = value[place + _HEAD.size : place + _HEAD.size + length]
        if len(inner) < length or (kind == _SOURCE and length != _ADDRESS_BYTES):
            out += _HEAD.pack(MALFORMED, kind, length) + value[place + _HEAD.size :]
            return bytes(out)
        if kind == _SOURCE:
            address = _address(seen.address)
            kind = _SOURCE_IPV4 if address.version == 4 else _SOURCE_IPV6
            out += _HEAD.pack(0, kind, length) + address.packed.ljust(_ADDRESS_BYTES, b"\0")
        else:
            out += _HEAD.pack(UNRECOGNISED, kind, length) + inner
        place += _HEAD.size + length
    return bytes(out) + value[place:]


def source_address(value: bytes) -> str:
    """Return the source address that an answered Location TLV holds; empty where it holds none."""
    place = _PORTS.size
    while len(value) - place >= _HEAD.size:
        flags, kind, length = _HEAD.unpack_from(value, place)
        inner = value[place + _HEAD.size : place + _HEAD.size + length]
        place += _HEAD.size + length
        if flags & (UNRECOGNISED | MALFORMED) or len(inner) != _ADDRESS_BYTES:
            continue
        if kind == _SOURCE_IPV4:
            return str(IPv4Address(inner[:_IPV4_BYTES]))
        if kind == _SOURCE_IPV6:
            return str(IPv6Address(inner))
    return ""


def _address(text: str) -> IPv4Address | IPv6Address:
    """Return an address; an IPv4-mapped one of a dual-stack socket becomes IPv4."""
    address = ip_address(text.partition("%")[0])
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address
