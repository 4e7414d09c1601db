"""A segment of ours against an implementation of others (scapy)."""

import socket

import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6

from thongsuot_agent.proto.tcp import SYN_BYTES, build_syn


@pytest.mark.parametrize(
    ("family", "layer", "source", "destination"),
    [
        (socket.AF_INET, IP, "192.0.2.7", "203.0.113.1"),
        (socket.AF_INET6, IPv6, "2001:db8::7", "2001:db8:f::1"),
    ],
    ids=["ip4", "ip6"],
)
def test_a_first_segment_is_what_others_make_of_the_same_fields(
    family: int, layer: type[IP | IPv6], source: str, destination: str
) -> None:
    packed = (socket.inet_pton(family, source), socket.inet_pton(family, destination))
    segment = build_syn(*packed, (40123, 443), 0xFEDCBA98)
    head = TCP(sport=40123, dport=443, seq=0xFEDCBA98, flags="S", window=64240)
    packet = bytes(layer(src=source, dst=destination) / head)
    assert segment == packet[-SYN_BYTES:]
