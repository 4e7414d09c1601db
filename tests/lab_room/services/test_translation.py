"""Packets between IPv6 and IPv4: whole, with checksums that are right, there and back."""

import struct
from ipaddress import IPv4Address, IPv6Address

import pytest

from thongsuot_lab.services.translation import ICMP, ICMP6, TCP, UDP, checksum, to_ip4, to_ip6
from thongsuot_lab.services.translator import AddressMap
from thongsuot_lab.topology.attachments import Translator

PREFIX = IPv6Address("2001:db8:64::").packed[:12]
HOST4, HOST6 = IPv4Address("198.51.100.10").packed, IPv6Address("2001:db8::10").packed
OWN4 = IPv4Address("100.126.0.9").packed
FAR6 = PREFIX + HOST4
ECHO6, ECHO4 = 128, 8


def as_ip4(address: bytes) -> bytes | None:
    return {FAR6: HOST4, HOST6: OWN4}.get(address)


def as_ip6(address: bytes) -> bytes | None:
    return {HOST4: FAR6, OWN4: HOST6}.get(address)


def segment(protocol: int, at: int, length: int, pseudo: bytes) -> bytes:
    body = bytearray(n % 251 for n in range(length))
    body[at : at + 2] = b"\0\0"
    head = pseudo + struct.pack("!II", length, protocol)
    body[at : at + 2] = struct.pack("!H", checksum(head + bytes(body)))
    return bytes(body)


def packet6(protocol: int, body: bytes, source: bytes = HOST6, target: bytes = FAR6) -> bytes:
    return struct.pack("!IHBB", 6 << 28, len(body), protocol, 64) + source + target + body


def is_right6(packet: bytes) -> bool:
    head = packet[8:40] + struct.pack("!II", len(packet) - 40, packet[6])
    return checksum(head + packet[40:]) == 0


def is_right4(packet: bytes) -> bool:
    if checksum(packet[:20]):
        return False
    head = packet[12:20] + struct.pack("!HH", packet[9], len(packet) - 20)
    return checksum((b"" if packet[9] == ICMP else head) + packet[20:]) == 0


@pytest.mark.parametrize(
    ("protocol", "at", "length"), [(TCP, 16, 40), (TCP, 16, 41), (UDP, 6, 8), (UDP, 6, 1001)]
)
def test_a_segment_survives_both_ways_with_a_right_checksum(
    protocol: int, at: int, length: int
) -> None:
    packet = packet6(protocol, segment(protocol, at, length, HOST6 + FAR6))
    assert is_right6(packet)
    four = to_ip4(packet, as_ip4)
    assert four is not None
    assert is_right4(four)
    assert (four[12:16], four[16:20]) == (OWN4, HOST4)
    assert to_ip6(four, as_ip6) == packet


def test_a_datagram_without_a_checksum_is_given_one() -> None:
    body = struct.pack("!HHHH", 40000, 53, 12, 0) + b"data"
    head = struct.pack("!BBHHHBBH", 0x45, 0, 32, 0, 0x4000, 64, UDP, 0) + HOST4 + OWN4
    six = to_ip6(head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body, as_ip6)
    assert six is not None
    assert is_right6(six)


def test_an_echo_is_asked_and_answered_across() -> None:
    body = struct.pack("!BBHHH", ECHO6, 0, 0, 7, 1) + b"payload"
    four = to_ip4(packet6(ICMP6, body), as_ip4)
    assert four is not None
    assert is_right4(four)
    assert (four[9], four[20], four[24:]) == (ICMP, ECHO4, body[4:])
    six = to_ip6(four, as_ip6)
    assert six is not None
    assert is_right6(six)
    assert six[40] == ECHO6


def test_an_icmp_error_from_ipv4_is_translated_with_the_packet_it_quotes() -> None:
    lost = to_ip4(packet6(UDP, segment(UDP, 6, 16, HOST6 + FAR6)), as_ip4)
    assert lost is not None
    body = struct.pack("!BBHI", 11, 0, 0, 0) + lost[:28]
    body = body[:2] + struct.pack("!H", checksum(body)) + body[4:]
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, ICMP, 0) + HOST4 + OWN4
    six = to_ip6(head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body, as_ip6)
    assert six is not None
    assert is_right6(six)
    assert (six[40], six[48 + 6], six[48 + 8 : 48 + 24]) == (3, UDP, HOST6)


def test_fragments_and_strangers_are_dropped() -> None:
    assert to_ip4(packet6(44, bytes(16)), as_ip4) is None
    assert to_ip4(packet6(UDP, bytes(16), source=bytes(16)), as_ip4) is None
    assert to_ip4(b"", as_ip4) is None


def test_nat64_gives_each_host_a_stable_address_until_the_pool_is_empty() -> None:
    nat64 = AddressMap(Translator(interface="nat64", v4="192.0.2.1/30", prefix="2001:db8:64::/96"))
    first = nat64.ip4_of(HOST6)
    assert first is not None
    assert first == IPv4Address("192.0.2.2").packed
    assert nat64.ip4_of(HOST6) == first
    assert nat64.ip6_of(first) == HOST6
    assert nat64.ip4_of(FAR6) == HOST4
    assert nat64.ip6_of(HOST4) == FAR6
    assert nat64.ip4_of(bytes(16)) is None


def test_a_clat_has_an_address_for_its_own_network_alone() -> None:
    clat = AddressMap(
        Translator(
            interface="clat",
            v4="192.0.0.1/32",
            prefix="2001:db8:64::/96",
            own_prefix="2001:db8:1::/96",
            own_network="192.168.8.0/24",
        )
    )
    own4 = IPv4Address("192.168.8.10").packed
    own6 = IPv6Address("2001:db8:1::192.168.8.10").packed
    assert (clat.ip6_of(own4), clat.ip4_of(own6)) == (own6, own4)
    assert clat.ip4_of(HOST6) is None
