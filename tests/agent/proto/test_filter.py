"""The filters run in the kernel here, on a pair of sockets that carry the same bytes."""

import socket
import struct
from array import array
from collections.abc import Iterator
from contextlib import contextmanager
from struct import Struct

import pytest

from tests.agent.proto.test_arp import ANSWER, OURS, PROBE
from tests.agent.proto.test_icmp import IP4_PACKET, IP4_QUOTE, IP6_QUOTE
from thongsuot_agent.proto.filter import (
    CLAIMS_MAX,
    claim_filter,
    echo_filter4,
    echo_filter6,
    trace_filter4,
    trace_filter6,
)

SO_ATTACH_FILTER = 26
IP4_HEADER = IP4_PACKET[:20]
LONG_IP4_HEADER = bytes([0x46]) + IP4_PACKET[1:20] + b"\x94\4\0\0"
REPLY4 = IP4_PACKET[20:]
REPLY6 = b"\x81\0\0\0\xab\xcd\1\2payload"
ERROR4, ERROR6 = b"\x03\x01" + b"\0" * 6, b"\x01\x03" + b"\0" * 6
LONG_QUOTE4 = bytes([0x46]) + IP4_QUOTE[1:20] + b"\x94\4\0\0" + IP4_QUOTE[20:]


@contextmanager
def filtered(program: bytes) -> Iterator[tuple[socket.socket, socket.socket]]:
    into, out = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    with into, out:
        code = array("B", program)
        address, length = code.buffer_info()
        packed = Struct("@HP").pack(length // 8, address)
        out.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, packed)
        out.setblocking(False)
        yield into, out


def passes(program: bytes, packet: bytes) -> bool:
    with filtered(program) as (into, out):
        into.send(packet)
        into.send(packet)
        try:
            return out.recv(4096) == packet
        except BlockingIOError:
            return False


@pytest.mark.parametrize(
    "packet",
    [
        IP4_HEADER + REPLY4,
        LONG_IP4_HEADER + REPLY4,
        IP4_HEADER + ERROR4 + IP4_QUOTE,
        LONG_IP4_HEADER + ERROR4 + IP4_QUOTE,
        IP4_HEADER + ERROR4 + LONG_QUOTE4,
        IP4_HEADER + b"\x0b" + ERROR4[1:] + IP4_QUOTE,
    ],
)
def test_packets_with_our_identifier_pass_and_no_others(packet: bytes) -> None:
    assert passes(echo_filter4(0x0C2B), packet)
    assert not passes(echo_filter4(0x0C2C), packet)
    assert passes(echo_filter4(0x0C20, 0xFFF0), packet), "fresh flows differ in the lowest bits"
    assert not passes(echo_filter4(0x0C30, 0xFFF0), packet)


@pytest.mark.parametrize("packet", [REPLY6, ERROR6 + IP6_QUOTE, b"\x03" + ERROR6[1:] + IP6_QUOTE])
def test_the_same_holds_for_ipv6(packet: bytes) -> None:
    assert passes(echo_filter6(0xABCD), packet)
    assert not passes(echo_filter6(0xABCC), packet)
    assert passes(echo_filter6(0xABC0, 0xFFF0), packet)
    assert not passes(echo_filter6(0xABD0, 0xFFF0), packet)


@pytest.mark.parametrize(
    "packet",
    [
        IP4_HEADER + b"\x08" + REPLY4[1:],  # a request to us
        IP4_HEADER + b"\x05\0\0\0" + REPLY4[4:],  # a redirect
        IP4_HEADER + REPLY4[:3],
        IP4_HEADER + ERROR4 + IP4_QUOTE[:22],
        b"",
    ],
)
def test_other_and_cut_off_packets_do_not_pass(packet: bytes) -> None:
    assert not passes(echo_filter4(0x0C2B), packet)


PORT, OTHER = 40_001, 40_002
TCP4_HEADER = IP4_HEADER[:9] + b"\6" + IP4_HEADER[10:]
IP6_TCP_HEADER = b"\x60\0\0\0\0\x14\6\x40" + bytes(32)
IP6_ICMP_HEADER = b"\x60\0\0\0\0\x30\x3a\x40" + bytes(32)


def tcp(source: int, destination: int) -> bytes:
    return struct.pack("!HH", source, destination) + bytes(16)


@pytest.mark.parametrize(
    "packet",
    [
        TCP4_HEADER + tcp(443, PORT),
        bytes([0x46]) + TCP4_HEADER[1:] + b"\x94\4\0\0" + tcp(443, PORT),
        IP4_HEADER + b"\x0b" + ERROR4[1:] + TCP4_HEADER + tcp(PORT, 443)[:8],
        IP4_HEADER + ERROR4 + bytes([0x46]) + TCP4_HEADER[1:] + bytes(4) + tcp(PORT, 443),
    ],
)
def test_a_trace_hears_what_answers_its_port_or_quotes_it(packet: bytes) -> None:
    assert passes(trace_filter4(PORT), packet)
    assert not passes(trace_filter4(OTHER), packet)


@pytest.mark.parametrize(
    "packet",
    [
        IP6_TCP_HEADER + tcp(443, PORT),
        IP6_ICMP_HEADER + b"\x03" + ERROR6[1:] + IP6_TCP_HEADER + tcp(PORT, 443),
    ],
)
def test_a_trace_over_ipv6_hears_the_same(packet: bytes) -> None:
    assert passes(trace_filter6(PORT), packet)
    assert not passes(trace_filter6(OTHER), packet)


@pytest.mark.parametrize(
    "packet",
    [
        TCP4_HEADER + tcp(PORT, 443),  # what we send ourselves
        IP4_HEADER[:9] + b"\x11" + IP4_HEADER[10:] + tcp(443, PORT),  # UDP of somebody
        IP4_HEADER + b"\x08" + ERROR4[1:] + TCP4_HEADER + tcp(PORT, 443),  # no error
        TCP4_HEADER + b"\1",
        b"",
    ],
)
def test_a_trace_receives_no_packets_of_other_flows(packet: bytes) -> None:
    assert not passes(trace_filter4(PORT), packet)
    assert not passes(trace_filter6(PORT), packet)


def test_neighbour_discovery_does_not_pass() -> None:
    assert not passes(echo_filter6(0xABCD), b"\x88\0\0\0\xab\xcd\0\0" + b"\0" * 60)


OWN_HARDWARE, OTHER_HARDWARE = PROBE[8:14], ANSWER[8:14]
ANOTHER = bytes([198, 51, 100, 7])


@pytest.mark.parametrize(
    "addresses", [(OURS,), (ANOTHER, OURS), (*[ANOTHER] * (CLAIMS_MAX - 1), OURS)]
)
@pytest.mark.parametrize("operation", [1, 2])
def test_a_claim_to_our_address_by_another_host_passes(
    operation: int, addresses: tuple[bytes, ...]
) -> None:
    claim = ANSWER[:7] + bytes([operation]) + ANSWER[8:]
    assert passes(claim_filter(OWN_HARDWARE, addresses), claim)
    assert passes(claim_filter(OWN_HARDWARE, addresses), claim + bytes(18))


@pytest.mark.parametrize("own", [OTHER_HARDWARE[:5] + b"\0", b"\0" + OTHER_HARDWARE[1:]])
def test_a_hardware_address_that_differs_in_one_byte_is_anothers(own: bytes) -> None:
    assert passes(claim_filter(own, [OURS]), ANSWER)


@pytest.mark.parametrize(
    ("hardware", "address", "packet"),
    [
        (OTHER_HARDWARE, OURS, ANSWER),  # we say it ourselves
        (OWN_HARDWARE, ANOTHER, ANSWER),  # of another address
        (OTHER_HARDWARE, OURS, PROBE),  # only asked for
        (OWN_HARDWARE, OURS, ANSWER[:17]),
        (OWN_HARDWARE, OURS, b"\0\6" + ANSWER[2:]),  # other hardware
        (OWN_HARDWARE, OURS, ANSWER[:4] + b"\6\6" + ANSWER[6:]),
        (OWN_HARDWARE, OURS, b""),
    ],
)
def test_no_other_arp_passes(hardware: bytes, address: bytes, packet: bytes) -> None:
    assert not passes(claim_filter(hardware, [address]), packet)
