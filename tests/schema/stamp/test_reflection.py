from hypothesis import given
from hypothesis import strategies as st

from thongsuot_schema.stamp.packet import (
    AuthenticationFailed,
    MalformedTestPacket,
    SenderPacket,
    pack_sender_packet,
    unpack_reflector_packet,
    unpack_sender_packet,
)
from thongsuot_schema.stamp.reflection import PacketReception, ReflectorBehaviour, reflect_packet
from thongsuot_schema.stamp.timestamp import ErrorEstimate, ntp_timestamp
from thongsuot_schema.stamp.tlv import SyncSource, TimestampInformation, TimestampMethod

KEY = b"a key of the city"
NOW_NS = 1_800_000_000_123_456_789
CLOCK = ErrorEstimate(is_synchronised=True, error_s=0.001)
KNOWN = TimestampInformation(source=SyncSource.NTP, method=TimestampMethod.SOFTWARE)
REQUEST = SenderPacket(
    sequence_number=9, timestamp=ntp_timestamp(NOW_NS - 10**7), error_bits=0x0001, session=5
)


def reflect(data: bytes, key: bytes = b"", *, may_grow: bool = False) -> bytes:
    return reflect_packet(
        data,
        unpack_sender_packet(data, key),
        PacketReception(received_ns=NOW_NS, hop_limit=61),
        ReflectorBehaviour(error=CLOCK, timestamp_information=KNOWN, key=key, may_amplify=may_grow),
        number=4,
        sent_ns=NOW_NS + 1000,
    )


def test_an_answer_says_what_was_seen_and_copies_what_was_asked() -> None:
    for key in (b"", KEY):
        packet = unpack_reflector_packet(reflect(pack_sender_packet(REQUEST, key), key), key)
        assert (packet.sequence_number, packet.sender_sequence_number, packet.session) == (4, 9, 5)
        assert packet.receive_timestamp == ntp_timestamp(NOW_NS)
        assert packet.timestamp == ntp_timestamp(NOW_NS + 1000)
        assert packet.sender_timestamp == REQUEST.timestamp
        assert (packet.sender_error_bits, packet.hop_limit) == (0x0001, 61)
        assert packet.error.is_synchronised


@given(st.binary(min_size=36, max_size=400), st.sampled_from([b"", KEY]))
def test_an_answer_is_never_longer_than_its_request(data: bytes, key: bytes) -> None:
    if key and len(data) >= 112:
        data = pack_sender_packet(REQUEST, key) + data[112:]
    try:
        assert len(reflect(data, key)) == len(data)
    except (MalformedTestPacket, AuthenticationFailed):
        assert key


def test_a_named_twamp_light_sender_gets_a_whole_answer() -> None:
    short = pack_sender_packet(REQUEST)[:14]
    assert len(reflect(short, may_grow=True)) == 44
    assert len(reflect(short)) == 14
