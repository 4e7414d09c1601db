import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_agent.errors import MalformedMessage
from thongsuot_agent.proto.arp import (
    ArpPacket,
    build_probe,
    build_request,
    build_solicitation,
    parse_arp,
)

HARDWARE = bytes.fromhex("02fc00000001")

# Recorded on Linux 6: a probe for 198.51.100.1, and the answer of a host that has it too.
PROBE = bytes.fromhex("0001080006040001be5133615fa100000000000000000000c6336401")
ANSWER = bytes.fromhex("0001080006040002a6d0c10cf195c6336401be5133615fa100000000")
OURS = bytes([198, 51, 100, 1])


def test_a_request_is_that_of_rfc_826() -> None:
    request = build_request(
        hardware=HARDWARE, source=bytes([192, 168, 1, 10]), target=bytes([192, 168, 1, 1])
    )
    assert request.hex() == ("000108000604000102fc00000001c0a8010a000000000000c0a80101")


def test_a_probe_names_no_address_of_its_sender() -> None:
    assert build_probe(hardware=bytes.fromhex("be5133615fa1"), address=OURS) == PROBE
    assert parse_arp(PROBE).sender_address == bytes(4)


@pytest.mark.parametrize("padding", [b"", bytes(18)])
def test_the_answer_of_a_host_with_our_address_is_read(padding: bytes) -> None:
    assert parse_arp(ANSWER + padding) == ArpPacket(
        operation=2,
        sender_hardware=bytes.fromhex("a6d0c10cf195"),
        sender_address=OURS,
        target_hardware=bytes.fromhex("be5133615fa1"),
        target_address=bytes(4),
    )


@pytest.mark.parametrize("kept", [0, 7, 8, 27])
def test_a_cut_off_packet_is_malformed(kept: int) -> None:
    with pytest.raises(MalformedMessage, match=f"{kept} bytes is too short"):
        parse_arp(ANSWER[:kept])


@pytest.mark.parametrize("at", [1, 2, 4, 5])
def test_other_hardware_protocols_and_lengths_are_malformed(at: int) -> None:
    other = bytearray(ANSWER)
    other[at] ^= 0x10
    with pytest.raises(MalformedMessage, match="another sort"):
        parse_arp(bytes(other))


@given(st.binary(max_size=64))
def test_any_bytes_are_read_or_malformed(packet: bytes) -> None:
    try:
        packet_fields = parse_arp(packet)
    except MalformedMessage:
        return
    assert packet[:28].endswith(packet_fields.target_address)


HARDWARE = bytes.fromhex("02fc00000001")


def test_a_solicitation_carries_our_hardware_address() -> None:
    target = b"\xfe\x80" + b"\0" * 13 + b"\x01"
    assert build_solicitation(hardware=HARDWARE, target=target) == (
        b"\x87\0\0\0\0\0\0\0" + target + b"\x01\x01" + HARDWARE
    )
