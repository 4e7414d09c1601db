"""
IPv6 packets to IPv4 packets and back (RFC 7915): TCP, UDP, echoes and ICMP errors. Pure.

Addresses are mapped elsewhere: both directions take a function from an address of one family to one
of the other. Fragments, extension headers and ICMP messages other than echoes and errors are
dropped, as ``None``.
"""

import struct
from collections.abc import Callable
from typing import Final

MapAddress = Callable[[bytes], bytes | None]
"""Maps an address to its counterpart in the other family; ``None``: it has none."""

ICMP, TCP, UDP, ICMP6 = 1, 6, 17, 58
IP4_BYTES: Final = 20
IP6_BYTES: Final = 40
GROWTH_BYTES: Final = IP6_BYTES - IP4_BYTES

_IP4 = struct.Struct("!BBHHHBBH4s4s")
_IP6 = struct.Struct("!IHBB16s16s")
_DONT_FRAGMENT: Final = 0x4000
_FRAGMENT: Final = 0x3FFF
_ECHO4, _ECHO_REPLY4, _UNREACHABLE4, _EXPIRED4 = 8, 0, 3, 11
_ECHO6, _ECHO_REPLY6, _UNREACHABLE6, _TOO_BIG6, _EXPIRED6 = 128, 129, 1, 2, 3
_ECHOES: Final = {_ECHO4: _ECHO6, _ECHO_REPLY4: _ECHO_REPLY6}
_TOO_BIG4_CODE, _PORT4_CODE, _PORT6_CODE = 4, 3, 4
_PROHIBITED4: Final = frozenset({9, 10, 13, 15})
_CHECKSUM_AT: Final = {TCP: 16, UDP: 6}


def to_ip4(packet: bytes, address_of: MapAddress, stand_in: bytes | None = None) -> bytes | None:
    """
    Return an IPv6 packet as an IPv4 one.

    ``stand_in`` is the source of ICMP errors from routers that have no IPv4 address (RFC 6791).
    """
    return _to_ip4(packet, address_of, stand_in, is_whole=True)


def to_ip6(packet: bytes, address_of: MapAddress) -> bytes | None:
    """Return an IPv4 packet as an IPv6 one."""
    return _to_ip6(packet, address_of, is_whole=True)


def _to_ip4(
    packet: bytes, address_of: MapAddress, stand_in: bytes | None, *, is_whole: bool
) -> bytes | None:
    if len(packet) < IP6_BYTES:
        return None
    words, length, protocol, hops, source6, target6 = _IP6.unpack_from(packet)
    body = packet[IP6_BYTES : IP6_BYTES + length]
    is_error = protocol == ICMP6 and len(body) >= 8 and body[0] < _ECHO6
    source = address_of(source6) or (stand_in if is_error else None)
    target = address_of(target6)
    if source is None or target is None:
        return None
    if protocol == ICMP6:
        translated = _icmp_to_ip4(body, address_of, is_whole=is_whole)
        if translated is None:
            return None
        protocol, body, length = ICMP, translated, len(translated) if is_whole else length
    elif protocol in _CHECKSUM_AT:
        body = _adjusted(body, protocol, source6 + target6, source + target)
    else:
        return None
    head = _IP4.pack(
        0x45,
        words >> 20 & 0xFF,
        IP4_BYTES + length,
        0,
        _DONT_FRAGMENT,
        hops,
        protocol,
        0,
        source,
        target,
    )
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def _to_ip6(packet: bytes, address_of: MapAddress, *, is_whole: bool) -> bytes | None:
    if len(packet) < IP4_BYTES:
        return None
    version, tos, total, _, fragment, hops, protocol, _, source4, target4 = _IP4.unpack_from(packet)
    head_bytes = (version & 0xF) * 4
    body, length = packet[head_bytes:total], total - head_bytes
    source, target = address_of(source4), address_of(target4)
    if source is None or target is None or fragment & _FRAGMENT:
        return None
    if protocol == ICMP:
        translated = _icmp_to_ip6(body, address_of, source + target, is_whole=is_whole)
        if translated is None:
            return None
        protocol, body, length = ICMP6, translated, len(translated) if is_whole else length
    elif protocol in _CHECKSUM_AT:
        body = _adjusted(body, protocol, source4 + target4, source + target)
    else:
        return None
    return _IP6.pack(6 << 28 | tos << 20, length, protocol, hops, source, target) + body


def _icmp_to_ip4(body: bytes, address_of: MapAddress, *, is_whole: bool) -> bytes | None:
    if len(body) < 8:
        return None
    kind, code = body[0], body[1]
    for four, six in _ECHOES.items():
        if kind == six:
            return _with_checksum(bytes((four, code)), body[4:], b"")
    inner = _to_ip4(body[8:], address_of, None, is_whole=False) if is_whole else None
    if inner is None:
        return None
    rest = bytes(4)
    if kind == _UNREACHABLE6:
        kind, code = _UNREACHABLE4, {1: 10, _PORT6_CODE: _PORT4_CODE}.get(code, 1)
    elif kind == _TOO_BIG6:
        (mtu_bytes,) = struct.unpack_from("!I", body, 4)
        kind, code = _UNREACHABLE4, _TOO_BIG4_CODE
        rest = struct.pack("!HH", 0, min(mtu_bytes - GROWTH_BYTES, 0xFFFF))
    elif kind == _EXPIRED6:
        kind = _EXPIRED4
    else:
        return None
    return _with_checksum(bytes((kind, code)), rest + inner, b"")


def _icmp_to_ip6(
    body: bytes, address_of: MapAddress, addresses: bytes, *, is_whole: bool
) -> bytes | None:
    if len(body) < 8:
        return None
    kind, code = body[0], body[1]
    if kind in _ECHOES:
        return _with_checksum6(bytes((_ECHOES[kind], code)), body[4:], addresses)
    inner = _to_ip6(body[8:], address_of, is_whole=False) if is_whole else None
    if inner is None:
        return None
    rest = bytes(4)
    if kind == _UNREACHABLE4 and code == _TOO_BIG4_CODE:
        kind, code = _TOO_BIG6, 0
        rest = struct.pack("!I", struct.unpack_from("!H", body, 6)[0] + GROWTH_BYTES)
    elif kind == _UNREACHABLE4:
        is_port = code == _PORT4_CODE
        code = _PORT6_CODE if is_port else 1 if code in _PROHIBITED4 else 0
        kind = _UNREACHABLE6
    elif kind == _EXPIRED4:
        kind = _EXPIRED6
    else:
        return None
    return _with_checksum6(bytes((kind, code)), rest + inner, addresses)


def _with_checksum6(head: bytes, rest: bytes, addresses: bytes) -> bytes:
    return _with_checksum(head, rest, addresses + struct.pack("!II", 4 + len(rest), ICMP6))


def _with_checksum(head: bytes, rest: bytes, pseudo: bytes) -> bytes:
    return head + struct.pack("!H", checksum(pseudo + head + b"\0\0" + rest)) + rest


def _adjusted(body: bytes, protocol: int, before: bytes, after: bytes) -> bytes:
    """Return a segment whose checksum is right for other addresses (RFC 1624)."""
    at = _CHECKSUM_AT[protocol]
    if len(body) < at + 2:
        return body  # the packet quoted in an ICMP error, which need not be complete
    (old,) = struct.unpack_from("!H", body, at)
    if protocol == UDP and not old:
        # IPv4 may omit the checksum; IPv6 may not.
        pseudo = after + struct.pack("!II", len(body), UDP)
        old = checksum(pseudo + body) or 0xFFFF
        return body[:at] + struct.pack("!H", old) + body[at + 2 :]
    total = (~old & 0xFFFF) + (~_sum(before) & 0xFFFF) + _sum(after)
    new = ~_folded(total) & 0xFFFF
    return body[:at] + struct.pack("!H", new) + body[at + 2 :]


def checksum(data: bytes) -> int:
    """Return the Internet checksum (RFC 1071)."""
    return ~_sum(data) & 0xFFFF


def _sum(data: bytes) -> int:
    if len(data) % 2:
        data += b"\0"
    return _folded(sum(struct.unpack(f"!{len(data) // 2}H", data)))


def _folded(total: int) -> int:
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total
