from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_agent.errors import MalformedMessage
from thongsuot_agent.proto import icmp
from thongsuot_schema.reason import Reason

# An echo reply of 8.8.8.8 as RFC 792 lays it out, with the IPv4 header that a raw socket gives.
IP4_PACKET = bytes.fromhex(
    "4500002400000000750169a008080808c0a8010a0000f0d80c2b00050102030405060708"
)
IP4_QUOTE = bytes.fromhex("4500002c1c4640003f01a1b1c0a8010acb0071010800") + bytes.fromhex(
    "d41a0c2b0007000102030405060708090a0b0c0d0e0f"
)
IP6_QUOTE = (
    bytes.fromhex("6000000000183a40")
    + bytes.fromhex("20010db800a100000000000000000010")
    + bytes.fromhex("20010db8000f00000000000000000001")
    + bytes.fromhex("80001234abcd0102000102030405060708090a0b0c0d0e0f")
)


def test_the_checksum_is_that_of_rfc_1071() -> None:
    # The example of RFC 1071, section 3: the sum of these words is ddf2.
    assert icmp.checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xFFFF - 0xDDF2


@given(st.binary(min_size=0, max_size=60))
def test_a_request_with_its_checksum_sums_to_zero(payload: bytes) -> None:
    assert icmp.checksum(icmp.build_request(icmp.IP4, 0xBEEF, 7, payload)) == 0


def test_over_ipv6_the_checksum_is_left_to_the_kernel() -> None:
    assert icmp.build_request(icmp.IP6, 0xABCD, 0x0102, b"xy") == b"\x80\0\0\0\xab\xcd\1\2xy"


def test_a_reply_is_read_behind_its_ip_header() -> None:
    message, hop_limit = icmp.ip4_payload(IP4_PACKET)
    assert hop_limit == 0x75
    assert icmp.parse(icmp.IP4, message) == icmp.EchoReply(
        identifier=0x0C2B, sequence=5, payload=bytes(range(1, 9))
    )


def test_options_in_the_ip_header_are_skipped() -> None:
    with_options = bytes([0x46]) + IP4_PACKET[1:20] + b"\x94\4\0\0" + IP4_PACKET[20:]
    assert icmp.ip4_payload(with_options)[0] == IP4_PACKET[20:]


def test_an_error_is_read_with_the_request_that_it_quotes() -> None:
    message = b"\x03\x01\xfc\xfe\0\0\0\0" + IP4_QUOTE
    assert icmp.parse(icmp.IP4, message) == icmp.IcmpError(
        identifier=0x0C2B,
        sequence=7,
        destination=bytes([203, 0, 113, 1]),
        type=3,
        code=1,
        payload=bytes(range(16)),
    )


def test_an_ipv6_error_is_read_with_the_request_that_it_quotes() -> None:
    refusal = icmp.parse(icmp.IP6, b"\x01\x03\0\0\0\0\0\0" + IP6_QUOTE)
    assert isinstance(refusal, icmp.IcmpError)
    assert (refusal.identifier, refusal.sequence) == (0xABCD, 0x0102)
    assert refusal.destination == IP6_QUOTE[24:40]
    assert (refusal.type, refusal.code) == (1, 3)


def test_an_error_about_somebody_elses_packet_is_of_no_concern() -> None:
    udp = IP4_QUOTE[:9] + b"\x11" + IP4_QUOTE[10:]
    assert icmp.parse(icmp.IP4, b"\x03\x03\0\0\0\0\0\0" + udp) is None
    reply = IP4_QUOTE[:20] + b"\0" + IP4_QUOTE[21:]
    assert icmp.parse(icmp.IP4, b"\x03\x03\0\0\0\0\0\0" + reply) is None
    tcp6 = IP6_QUOTE[:6] + b"\x06" + IP6_QUOTE[7:]
    assert icmp.parse(icmp.IP6, b"\x01\x03\0\0\0\0\0\0" + tcp6) is None


def test_other_messages_are_of_no_concern() -> None:
    assert icmp.parse(icmp.IP4, b"\x08\0\0\0\0\0\0\0") is None
    assert icmp.parse(icmp.IP6, b"\x87\0\0\0\0\0\0\0" + b"\0" * 16) is None


@pytest.mark.parametrize(
    ("numbers", "message", "complaint"),
    [
        (icmp.IP4, b"\0\0\0", "too short"),
        (icmp.IP4, b"\x03\x01" + b"\0" * 6 + IP4_QUOTE[:12], "no IPv4 header"),
        (icmp.IP4, b"\x03\x01" + b"\0" * 6 + IP4_QUOTE[:24], "4 bytes of the request"),
        (icmp.IP6, b"\x01\x03" + b"\0" * 6 + IP6_QUOTE[:30], "no IPv6 header"),
        (icmp.IP6, b"\x01\x03" + b"\0" * 6 + IP6_QUOTE[:44], "4 bytes of the request"),
    ],
)
def test_truncated_input_is_refused(
    numbers: icmp.IcmpTypes, message: bytes, complaint: str
) -> None:
    with pytest.raises(MalformedMessage, match=complaint):
        icmp.parse(numbers, message)


@given(st.binary(max_size=120), st.sampled_from([icmp.IP4, icmp.IP6]))
def test_any_bytes_are_read_or_refused(data: bytes, numbers: icmp.IcmpTypes) -> None:
    with suppress(MalformedMessage):
        icmp.parse(numbers, data)


@pytest.mark.parametrize(
    ("numbers", "kind", "code", "reason"),
    [
        (icmp.IP4, 3, 0, Reason.NETWORK_UNREACHABLE),
        (icmp.IP4, 3, 1, Reason.HOST_UNREACHABLE),
        (icmp.IP4, 3, 13, Reason.PACKET_FILTERED),
        (icmp.IP4, 3, 99, Reason.FAILED_OTHERWISE),
        (icmp.IP4, 11, 0, Reason.HOP_LIMIT_EXCEEDED),
        (icmp.IP4, 12, 0, Reason.FAILED_OTHERWISE),
        (icmp.IP6, 1, 0, Reason.NETWORK_UNREACHABLE),
        (icmp.IP6, 1, 1, Reason.PACKET_FILTERED),
        (icmp.IP6, 1, 3, Reason.HOST_UNREACHABLE),
        (icmp.IP6, 3, 0, Reason.HOP_LIMIT_EXCEEDED),
        (icmp.IP6, 2, 0, Reason.FAILED_OTHERWISE),
    ],
)
def test_an_error_has_its_reason(
    numbers: icmp.IcmpTypes, kind: int, code: int, reason: Reason
) -> None:
    assert icmp.reason_for(numbers, kind, code) is reason
