"""Packets against bytes that were laid out by hand from the figures of the RFCs."""

import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_schema.stamp.packet import (
    AuthenticationFailed,
    MalformedTestPacket,
    ReflectorPacket,
    SenderPacket,
    hmac_of,
    is_authentic,
    pack_reflector_packet,
    pack_sender_packet,
    unpack_reflector_packet,
    unpack_sender_packet,
)
from thongsuot_schema.stamp.timestamp import ErrorEstimate

KEY = b"a key of the city"

# RFC 8762, figures 3 and 5, with the SSID of RFC 8972, figures 1 and 2.
REQUEST = SenderPacket(
    sequence_number=7,
    timestamp=0xE8E8_0001_8000_0000,
    error_bits=0b1_0_010100_00000011,
    session=0xABCD,
)
OPEN_REQUEST = bytes.fromhex("00000007e8e80001800000009403abcd") + bytes(28)
SEALED_REQUEST = (
    bytes.fromhex("00000007") + bytes(12) + bytes.fromhex("e8e8000180000000" "9403" "abcd")
    + bytes(68)
)  # fmt: skip

ANSWER = ReflectorPacket(
    sequence_number=3,
    timestamp=0xE8E8_0002_0000_0001,
    error=ErrorEstimate(is_synchronised=True, error_s=192 * 2.0 ** (14 - 32)),
    session=0xABCD,
    receive_timestamp=0xE8E8_0001_FFFF_FFFF,
    sender_sequence_number=7,
    sender_timestamp=0xE8E8_0001_8000_0000,
    sender_error_bits=0x9403,
    hop_limit=250,
)
OPEN_ANSWER = bytes.fromhex(
    "00000003" "e8e8000200000001" "8ec0" "abcd"  # number, stamp, error estimate, session
    "e8e80001ffffffff"  # receive time stamp
    "00000007" "e8e8000180000000" "9403" "0000"  # the sender's
    "fa" "000000"  # the sender's TTL
)  # fmt: skip
SEALED_ANSWER = bytes.fromhex(
    "00000003" "000000000000000000000000"
    "e8e8000200000001" "8ec0" "abcd" "00000000"
    "e8e80001ffffffff" "0000000000000000"
    "00000007" "000000000000000000000000"
    "e8e8000180000000" "9403" "000000000000"
    "fa" "000000000000000000000000000000"
)  # fmt: skip


def sealed(data: bytes) -> bytes:
    assert len(data) == 96
    return data + hmac.digest(KEY, data, "sha256")[:16]


def test_requests_are_laid_out_as_in_the_rfc() -> None:
    assert pack_sender_packet(REQUEST) == OPEN_REQUEST
    assert pack_sender_packet(REQUEST, KEY) == sealed(SEALED_REQUEST)
    assert unpack_sender_packet(OPEN_REQUEST) == REQUEST
    assert unpack_sender_packet(sealed(SEALED_REQUEST), KEY) == REQUEST


def test_answers_are_laid_out_as_in_the_rfc() -> None:
    assert pack_reflector_packet(ANSWER) == OPEN_ANSWER
    assert pack_reflector_packet(ANSWER, KEY) == sealed(SEALED_ANSWER)
    assert unpack_reflector_packet(OPEN_ANSWER) == ANSWER
    assert unpack_reflector_packet(sealed(SEALED_ANSWER), KEY) == ANSWER


def test_a_twamp_light_sender_without_padding_is_read() -> None:
    packet = unpack_sender_packet(OPEN_REQUEST[:14])
    assert (packet.sequence_number, packet.timestamp, packet.session) == (7, REQUEST.timestamp, 0)


def test_random_padding_of_twamp_is_not_a_session() -> None:
    assert unpack_sender_packet(OPEN_REQUEST[:14] + b"\xff" * 27).session == 0


@pytest.mark.parametrize("length", [36, 40, 41, 44])
def test_an_answer_that_ends_early_is_read_as_far_as_it_goes(length: int) -> None:
    """twampy answers 40 bytes; RFC 5357 requires 41."""
    packet = unpack_reflector_packet(OPEN_ANSWER[:length])
    assert (packet.sequence_number, packet.sender_sequence_number, packet.receive_timestamp) == (
        3,
        7,
        ANSWER.receive_timestamp,
    )
    assert packet.hop_limit == (250 if length >= 41 else None)


def test_seals_that_are_too_short_or_wrong_are_refused() -> None:
    with pytest.raises(MalformedTestPacket, match="13 bytes"):
        unpack_sender_packet(bytes(13))
    with pytest.raises(MalformedTestPacket, match="35 bytes"):
        unpack_reflector_packet(bytes(35))
    with pytest.raises(MalformedTestPacket, match="44 bytes"):
        unpack_reflector_packet(OPEN_ANSWER, KEY)
    with pytest.raises(AuthenticationFailed):
        unpack_reflector_packet(sealed(SEALED_ANSWER), b"another key")
    with pytest.raises(AuthenticationFailed):
        unpack_sender_packet(bytes(112), KEY)


@given(st.integers(min_value=0, max_value=96 * 8 - 1))
def test_every_bit_is_covered_by_the_seal(bit: int) -> None:
    whole = bytearray(sealed(SEALED_REQUEST))
    whole[bit // 8] ^= 1 << bit % 8
    with pytest.raises(AuthenticationFailed):
        unpack_sender_packet(bytes(whole), KEY)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    for key in (b"", KEY):
        for unpack in (unpack_sender_packet, unpack_reflector_packet):
            try:
                unpack(data, key)
            except (MalformedTestPacket, AuthenticationFailed):
                continue


def test_a_seal_is_that_of_rfc_4231() -> None:
    """Test cases 1 and 6 there, the first 128 bits."""
    first = hmac_of(b"\x0b" * 20, b"Hi There")
    assert first.hex() == "b0344c61d8db38535ca8afceaf0bf12b"
    long = hmac_of(b"\xaa" * 131, b"Test Using Larger Than Block-Size Key - Hash Key First")
    assert long.hex() == "60e431591ee0b67f0d8a26aacbf5b77f"


@given(st.binary(max_size=200), st.binary(max_size=300))
def test_a_seal_is_the_standard_librarys(key: bytes, data: bytes) -> None:
    seal = hmac_of(key, data)
    assert seal == hmac.digest(key, data, "sha256")[:16]
    assert is_authentic(key, data, seal)


@given(st.integers(min_value=0, max_value=127))
def test_a_changed_bit_invalidates_the_seal(bit: int) -> None:
    seal = (int.from_bytes(hmac_of(b"k", b"data"), "big") ^ 1 << bit).to_bytes(16, "big")
    assert not is_authentic(b"k", b"data", seal)
    assert not is_authentic(b"k", b"data", seal[:8])
