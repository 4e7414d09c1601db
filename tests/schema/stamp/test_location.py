"""The Location extension: laid out as in RFC 8972, section 4.2, and what is not told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from thongsuot_schema.stamp.location import (
    SeenSource,
    location_request,
    reflect_location,
    source_address,
)
from thongsuot_schema.stamp.tlv import (
    MALFORMED,
    ReflectorKnowledge,
    SyncSource,
    TimestampInformation,
    TimestampMethod,
    TlvType,
    location_tlv,
    pack_tlvs,
    reflect_tlvs,
    unpack_tlvs,
)

CLOCK = TimestampInformation(source=SyncSource.NTP, method=TimestampMethod.SOFTWARE)


def seen(address: str) -> SeenSource:
    return SeenSource(address=address, port=50000, destination_port=862)


def test_a_request_leaves_room_for_one_source_address() -> None:
    assert location_request().hex() == "00000000" + "80070010" + "00" * 16


def test_a_source_of_each_family_is_written_where_room_was_left() -> None:
    v4 = reflect_location(location_request(), seen("192.0.2.7"))
    assert v4.hex() == "035ec350" + "00080010" + "c0000207" + "00" * 12
    v6 = reflect_location(location_request(), seen("2001:db8::7"))
    assert v6.hex() == "035ec350" + "00090010" + "20010db8" + "00" * 11 + "07"


@pytest.mark.parametrize(
    ("address", "read"),
    [("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("fe80::1%eth0", "fe80::1")],
)
def test_the_sender_reads_what_the_reflector_saw(address: str, read: str) -> None:
    assert source_address(reflect_location(location_request(), seen(address))) == read


def test_fields_of_the_inner_network_are_unknown() -> None:
    destination = bytes(4) + bytes.fromhex("80040010") + bytes(16)
    back = reflect_location(destination, seen("192.0.2.7"))
    assert back[4:] == destination[4:]
    assert source_address(back) == ""


def test_nothing_is_read_from_an_answer_that_is_none() -> None:
    assert source_address(location_request()) == ""
    assert source_address(b"") == ""


def test_room_of_another_size_is_malformed_and_what_follows_is_left_alone() -> None:
    value = bytes(4) + bytes.fromhex("80070004") + bytes(4) + location_request()[4:]
    back = reflect_location(value, seen("192.0.2.7"))
    assert back[4] == MALFORMED
    assert back[8:] == value[8:]


def test_a_reflector_answers_it_among_the_other_extensions() -> None:
    known = ReflectorKnowledge(clock=CLOCK, seen=seen("192.0.2.7"))
    data = pack_tlvs((location_tlv(),), 1, b"key")
    (location, seal) = unpack_tlvs(reflect_tlvs(data, known, asked=1, number=2, key=b"key"))
    assert (location.type, location.flags) == (TlvType.LOCATION, 0)
    assert source_address(location.value) == "192.0.2.7"
    assert seal.type == TlvType.HMAC


@given(st.binary(max_size=200))
def test_an_answer_is_as_long_as_its_request_whatever_came(value: bytes) -> None:
    if len(value) >= 4:
        assert len(reflect_location(value, seen("192.0.2.7"))) == len(value)
    known = ReflectorKnowledge(clock=CLOCK, seen=seen("192.0.2.7"))
    data = bytes([0x80, 2, 0, len(value)]) + value
    assert len(reflect_tlvs(data, known, asked=1, number=2)) == len(data)
    source_address(value)
